// Entries of listings as bytes: types and numbers, in base 128 with the lowest digits first (as in Protocol
// Buffers). Paths share a start with their predecessors, times and offsets are differences to them, so that
// most of these numbers take one byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "compression/limits.h"
#include "layer/listing.h"

namespace ixian::layer {

void put_number(std::string& bytes, std::uint64_t number);

// Numbers and text from bytes. Throws std::invalid_argument where there are others, or fewer.
class NumberReader {
 public:
  explicit NumberReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number(std::uint64_t max = std::numeric_limits<std::uint64_t>::max());
  std::uint32_t small(std::uint32_t max) { return static_cast<std::uint32_t>(number(max)); }
  std::string_view text(std::uint64_t size);

  std::size_t left() const { return rest_.size(); }

  [[noreturn]] static void fail();

 private:
  std::string_view rest_;
};

// No entry takes more bytes, and none fewer.
inline constexpr std::size_t kMostEntry = 2 * compression::kMaxName + 100;
inline constexpr std::size_t kLeastEntry = 10;

// What an entry shares with the one before it: of the first, with none.
struct EntryBefore {
  std::string path;
  std::int64_t mtime = 0;
  std::uint64_t offset = 0;

  void become(const ListedEntry& entry) {
    path = entry.path;
    mtime = entry.mtime;
    offset = entry.offset;
  }
};

void put_entry(std::string& bytes, const ListedEntry& entry, const EntryBefore& before);

// `entry`, the one before, becomes the next one; checks that it is what put_entry() would write.
void read_entry(NumberReader& reader, ListedEntry& entry);

// The same where the next one's path is known: `entry` has it, and time and offset of the one before.
void read_entry_of_path(NumberReader& reader, ListedEntry& entry);

}  // namespace ixian::layer
