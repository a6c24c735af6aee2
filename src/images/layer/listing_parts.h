// How a listing is held.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layer/listing.h"
#include "layer/listing_codec.h"
#include "layer/listing_order.h"
#include "layer/spool.h"

namespace ixian::layer {

// The entries as put_entry() writes them, one behind the other, and where to start reading.
struct ListingParts {
  static constexpr std::uint64_t kBlock = 16;  // entries

  // The first entry of sixteen: its path is a key, and the numbers are those of the entry before it.
  struct Block {
    std::uint64_t at = 0;
    std::uint64_t key_at = 0;
    std::int64_t mtime = 0;
    std::uint64_t offset = 0;
  };

  Spool body;
  Spool keys;
  std::vector<Block> blocks;
  std::uint64_t count = 0;
  bool depends_on_below = false;
  // The block of the last look-up: the next one is mostly there too, or in the next.
  mutable std::atomic<std::size_t> last_found{0};

  std::string_view key(std::size_t block, std::string& buffer) const {
    const std::uint64_t start = blocks[block].key_at;
    const std::uint64_t end = block + 1 < blocks.size() ? blocks[block + 1].key_at : keys.size();
    return keys.read(start, static_cast<std::size_t>(end - start), buffer);
  }

  // The last block whose first path is `before`; the first block where none is. Of paths in order, `before`
  // holds for the first ones.
  template <typename Before>
  std::size_t find_block(Before before) const {
    std::string buffer;
    const auto starts_before = [&](std::size_t block) {
      return block < blocks.size() && before(key(block, buffer));
    };
    std::size_t low = last_found.load(std::memory_order_relaxed);
    std::size_t high = blocks.size();
    if (low >= blocks.size() || !starts_before(low)) {
      high = low < blocks.size() ? low : blocks.size();
      low = 0;
    } else if (!starts_before(low + 1)) {
      return low;
    } else if (!starts_before(low + 2)) {
      ++low;
      high = low + 1;
    }
    while (high - low > 1) {  // the block is low, or between low and high
      const std::size_t middle = low + (high - low) / 2;
      (starts_before(middle) ? low : high) = middle;
    }
    last_found.store(low, std::memory_order_relaxed);
    return low;
  }
};

// Notes of entries in their order what ListingParts holds besides their bytes.
class ListingIndex {
 public:
  explicit ListingIndex(ListingParts& parts) : parts_(parts) {}

  // `entry` starts at `at`, and comes behind one of these numbers.
  void note(const ListedEntry& entry, std::uint64_t at, std::int64_t mtime, std::uint64_t offset) {
    if (parts_.count++ % ListingParts::kBlock == 0) {
      parts_.blocks.push_back({at, parts_.keys.size(), mtime, offset});
      parts_.keys.append(entry.path);
    }
    if (parts_.depends_on_below) return;
    gaps_.pass(entry, [this](std::string_view) { parts_.depends_on_below = true; });
    const bool plain = entry.mode == 0755 && entry.uid == 0 && entry.gid == 0;
    if (entry.type == EntryType::kWhiteout || (entry.path.empty() && rank(entry.type) == 1 && !plain))
      parts_.depends_on_below = true;
  }

  void finish() {
    parts_.keys.finish();
    parts_.blocks.shrink_to_fit();
  }

 private:
  ListingParts& parts_;
  GapFinder gaps_;
};

}  // namespace ixian::layer
