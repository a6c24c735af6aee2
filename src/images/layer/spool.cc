// Few bytes stay in memory; more go to a file without a name, which is gone with the process, and of which
// the end is in memory until it is worth writing.
#include "layer/spool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "layer/confined.h"

namespace ixian::layer {

Spool::Spool(files::UniqueFd file, std::uint64_t start, std::uint64_t size)
    : file_(std::move(file)), start_(start), in_file_(size) {
  // A short file is read at once, so that its descriptor is free.
  if (size > kInMemory) return;
  std::string bytes(static_cast<std::size_t>(size), '\0');
  read_file(bytes.data(), bytes.size(), 0);
  tail_ = std::move(bytes);
  in_file_ = 0;
  file_.reset();
}

Spool Spool::part(std::uint64_t start, std::uint64_t size) && {
  Spool part;
  std::string buffer;
  if (start >= in_file_) {
    part.tail_ = read(start, static_cast<std::size_t>(size), buffer);
    return part;
  }
  part.in_file_ = std::min(size, in_file_ - start);
  if (part.in_file_ < size)
    part.tail_ = read(in_file_, static_cast<std::size_t>(size - part.in_file_), buffer);
  // The file goes along, whatever else lies in it: nothing is copied.
  part.file_ = std::move(file_);
  part.start_ = start_ + start;
  return part;
}

void Spool::append(std::string_view bytes) {
  tail_ += bytes;
  if (tail_.size() <= (file_.valid() ? kAtOnce : in_memory_)) return;
  if (!file_.valid()) file_ = files::nameless_file();
  for (std::size_t done = 0; done < tail_.size();) {
    const ssize_t count = ::pwrite(file_.get(), tail_.data() + done, tail_.size() - done,
                                   static_cast<off_t>(start_ + in_file_ + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) file_error("write", "a temporary file", errno);
    done += static_cast<std::size_t>(count);
  }
  in_file_ += tail_.size();
  tail_.clear();
  if (tail_.capacity() > 2 * kAtOnce) tail_.shrink_to_fit();
}

void Spool::read_file(char* data, std::size_t size, std::uint64_t at) const {
  for (std::size_t done = 0; done < size;) {
    const ssize_t count =
        ::pread(file_.get(), data + done, size - done, static_cast<off_t>(start_ + at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) file_error("read", "a temporary file", errno);
    if (count == 0) {
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          "a file was truncated while it was read\nhint: run it again when nothing writes to the file");
    }
    done += static_cast<std::size_t>(count);
  }
}

std::string_view Spool::read(std::uint64_t at, std::size_t size, std::string& buffer) const {
  if (at >= in_file_) return std::string_view(tail_).substr(static_cast<std::size_t>(at - in_file_), size);
  const auto from_file = static_cast<std::size_t>(std::min<std::uint64_t>(size, in_file_ - at));
  buffer.resize(size);
  read_file(buffer.data(), from_file, at);
  if (from_file < size) tail_.copy(buffer.data() + from_file, size - from_file);
  return buffer;
}

}  // namespace ixian::layer
