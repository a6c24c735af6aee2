// The fixed header of a tar member: where its fields lie, and how numbers are written in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tar/format.h"

namespace ixian::tar {

struct TarField {
  std::size_t offset;
  std::size_t size;

  std::string_view of(std::string_view block) const { return block.substr(offset, size); }
};

namespace tar_field {
inline constexpr TarField kName{0, 100};
inline constexpr TarField kMode{100, 8};
inline constexpr TarField kUid{108, 8};
inline constexpr TarField kGid{116, 8};
inline constexpr TarField kSize{124, 12};
inline constexpr TarField kMtime{136, 12};
inline constexpr TarField kChecksum{148, 8};
inline constexpr TarField kType{156, 1};
inline constexpr TarField kLink{157, 100};
inline constexpr TarField kMagic{257, 8};  // with the version
inline constexpr TarField kUser{265, 32};
inline constexpr TarField kGroup{297, 32};
inline constexpr TarField kMajor{329, 8};
inline constexpr TarField kMinor{337, 8};
inline constexpr TarField kPrefix{345, 155};
inline constexpr TarField kGnuSparse{386,
                                     109};  // four offsets and sizes, whether there are more, the size of all
inline constexpr TarField kStarPrefix{345, 131};
inline constexpr TarField kStarTrailer{508, 4};
}  // namespace tar_field

// A text field: up to its first NUL.
std::string_view tar_text(std::string_view field);

// A number, octal or base-256 (GNU), which may be negative. nullopt where it is neither, or beyond 64 bits.
std::optional<std::int64_t> tar_number(std::string_view field);

// The sum that the checksum field of the block must hold.
std::uint32_t tar_checksum(std::string_view block);

// Puts the number in octal, as wide as the field, into the block. False where it has no room.
bool put_tar_number(std::string& block, const TarField& field, std::uint64_t number);

// Fills in the checksum; the last thing to do.
void seal_tar_block(std::string& block);

}  // namespace ixian::tar
