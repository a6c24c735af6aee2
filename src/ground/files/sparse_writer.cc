// Blocks of zeros become holes: they are passed over, and the file's end is set at last. Only whole blocks at
// the borders of blocks count, as only these can be holes in a file system, so what comes in pieces is
// gathered.
#include "files/sparse_writer.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ixian::files {
namespace {

bool is_zero(std::string_view bytes) {
  return bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

bool SparseWriter::put(std::string_view bytes) {
  if (hole_ > 0 && ::lseek(fd_, static_cast<off_t>(hole_), SEEK_CUR) < 0) return false;
  hole_ = 0;
  at_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Whole blocks, from the border of one on.
bool SparseWriter::put_blocks(std::string_view bytes) {
  std::size_t data = 0;  // bytes in front that are to be written together
  while (data < bytes.size()) {
    const std::string_view block = bytes.substr(data, kBlock);
    if (!is_zero(block)) {
      data += block.size();
      continue;
    }
    if (data > 0 && !put(bytes.substr(0, data))) return false;
    at_ += block.size();
    hole_ += block.size();
    bytes.remove_prefix(data + block.size());
    data = 0;
  }
  return data == 0 || put(bytes);
}

bool SparseWriter::write(std::string_view bytes) {
  if (!begun_.empty()) {
    const std::string_view more = bytes.substr(0, kBlock - begun_.size());
    begun_ += more;
    bytes.remove_prefix(more.size());
    if (begun_.size() < kBlock) return true;
    if (!put_blocks(begun_)) return false;
    begun_.clear();
  }
  const std::size_t whole = bytes.size() - bytes.size() % kBlock;
  begun_ = bytes.substr(whole);
  return put_blocks(bytes.substr(0, whole));
}

bool SparseWriter::finish() {
  return put_blocks(begun_) && (hole_ == 0 || ::ftruncate(fd_, static_cast<off_t>(at_)) == 0);
}

}  // namespace ixian::files
