// Making room: garbage, then what has not been used for long.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace ixian::store {

// Removed in any case is what nothing keeps: blobs, trees and listings that no name, cache entry or lease
// leads to, and what killed processes left. On top of that, by age and then by size, least recently used
// first: trees (their layer's blob stays, from which they are made again), cache entries with what they alone
// kept and, if asked for, names. What a lease keeps always stays.
struct PruneOptions {
  std::optional<std::chrono::seconds> older_than;  // goes if it was not used for so long
  std::optional<std::uint64_t> max_bytes;          // goes until no more than this is left
  bool keep_names = true;                          // images that have a name stay, whatever their age
  bool dry_run = false;                            // says what would go; removes nothing
};

struct PruneResult {
  struct Removed {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;  // on disk
  };
  Removed blobs;
  Removed trees;                    // with their listings
  Removed remains;                  // of processes that were killed: their temporary files and folders
  std::uint64_t cache_entries = 0;  // their bytes are those of blobs and trees
  std::uint64_t names = 0;

  std::uint64_t left = 0;    // bytes on disk that stay
  std::uint64_t leased = 0;  // of these, kept by running builds, or by grace

  std::uint64_t freed() const { return blobs.bytes + trees.bytes + remains.bytes; }
};

}  // namespace ixian::store
