// Sparse files in tar archives: GNU's own header (type 'S') and the three versions of its PAX records
// (GNU tar manual, "Storing Sparse Files").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::tar {

inline constexpr std::size_t kMaxSparseSegments = 65536;

// A stretch of a file that is in the archive; what no segment covers reads as zeros.
struct SparseSegment {
  std::uint64_t offset;
  std::uint64_t size;
};

struct SparseMap {
  std::uint64_t real_size = 0;
  std::vector<SparseSegment> segments;  // ascending, apart, none beyond real_size
};

// What PAX records say of one member, as they come.
class PaxSparse {
 public:
  // False where the record is none of a sparse file's. Throws std::invalid_argument where it is one that
  // cannot be.
  bool take(std::string_view key, std::string_view value);

  bool seen() const { return seen_; }
  const std::string& name() const { return name_; }  // empty: that of the member
  bool map_in_body() const { return major_ == 1; }   // version 1.0

  // The map of versions 0.0 and 0.1, or 1.0 with `read_line` giving the lines that the body starts with.
  // Throws std::invalid_argument, and what read_line throws.
  SparseMap map(std::uint64_t packed_size, const std::function<std::string()>& read_line) const;

 private:
  bool seen_ = false;
  std::string name_;
  std::uint64_t major_ = 0;
  std::optional<std::uint64_t> real_size_;
  std::vector<std::uint64_t> numbers_;  // offset, size, offset, size, …
};

// Of a header of type 'S'. `next_block` reads the blocks that continue the map. Throws std::invalid_argument,
// and what next_block throws.
SparseMap gnu_sparse_map(std::string_view block, std::uint64_t packed_size,
                         const std::function<std::string()>& next_block);

}  // namespace ixian::tar
