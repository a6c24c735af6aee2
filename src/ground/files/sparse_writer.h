// Files that are written from a stream, with holes where there are zeros.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ixian::files {

// Writes what a file is to hold, from its start, to a descriptor of an empty file that somebody else closes.
// Whole blocks of zeros are left out, so that a sparse file that has become a stream becomes sparse again.
// For one file, on one thread.
class SparseWriter {
 public:
  explicit SparseWriter(int fd) : fd_(fd) {}

  // Each is false with errno where the file system refuses.
  bool write(std::string_view bytes);
  bool finish();  // the file has its length; once

 private:
  static constexpr std::size_t kBlock = 4096;  // of file systems; a smaller hole is none

  bool put(std::string_view bytes);
  bool put_blocks(std::string_view bytes);

  const int fd_;
  std::uint64_t at_ = 0;    // bytes so far, but for those of `begun_`
  std::uint64_t hole_ = 0;  // of them at the end that are not written
  std::string begun_;       // a block that is not full yet
};

}  // namespace ixian::files
