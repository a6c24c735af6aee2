// What a layer may be before it is refused: what it unpacks to is somebody else's word until it is unpacked.
#pragma once

#include <cstdint>

namespace ixian::compression {

struct Limits {
  std::uint64_t bytes = std::uint64_t{64} << 30;  // of the tar, and of the content of its sparse files
  std::uint64_t entries = 4'000'000;
  // Unpacked bytes for each packed one, counted beyond the first 64 MiB unpacked. gzip reaches 1032 with
  // zeros only, so this stops only zstd's bombs; those of gzip meet `bytes`.
  std::uint64_t ratio = 2000;
};

inline constexpr std::uint64_t kMaxName = 4096;  // of a path, a link, and components 255

}  // namespace ixian::compression
