// The listing of entries that come in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "layer/listing.h"
#include "layer/listing_codec.h"
#include "layer/spool.h"

namespace ixian::layer {

// Makes a listing of entries in their order, each once.
class ListingBuilder {
 public:
  ListingBuilder();
  ~ListingBuilder();
  void add(const ListedEntry& entry);
  LayerListing finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of several entries with one path and the same meaning (whiteout, opaque, thing) the last counts, and a
// thing that is no folder loses what came before it below its path. Sorts in memory up to a `run` of bytes;
// longer runs go to a file without a name, and are merged in the end, each through a few KiB.
class ListingSorter {
 public:
  static constexpr std::size_t kRun = 16 << 20;

  explicit ListingSorter(std::size_t run = kRun) : run_(run), sorted_runs_(0) {}

  void add(const ListedEntry& entry);
  LayerListing finish();  // once

 private:
  // An entry among records_.
  struct Place {
    std::uint32_t at;
    std::uint16_t path_size;
    std::uint8_t rank;

    // Behind type, what is shared, and size, which takes two bytes from 128 on.
    std::size_t path_at() const { return std::size_t{at} + (path_size < 0x80 ? 3 : 4); }
  };
  class RunMerger;

  std::string_view path_of(const Place& place) const {
    return std::string_view(records_).substr(place.path_at(), place.path_size);
  }
  int order(const Place& a, const Place& b) const;
  void sort();
  void spill();
  ListedEntry read(const Place& place) const;

  const std::size_t run_;
  std::string records_;  // entries that share nothing
  std::vector<Place> places_;
  bool in_order_ = true;
  Spool sorted_runs_;
  std::vector<std::uint64_t> run_ends_;
};

}  // namespace ixian::layer
