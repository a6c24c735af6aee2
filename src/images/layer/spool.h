// Bytes that are written once, from their start on, and then read anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "files/fs.h"

namespace ixian::layer {

// In memory while they are few, then in a file without a name (files::nameless_file()): so what is held in
// memory does not grow. What is not appended to is read by any number of threads. Throws Error{kTaskFailed}
// where the file cannot be written or read.
class Spool {
 public:
  static constexpr std::size_t kInMemory = 4 << 20;

  explicit Spool(std::size_t in_memory = kInMemory) : in_memory_(in_memory) {}
  // A part of a file that nobody changes; a small one is read at once.
  Spool(files::UniqueFd file, std::uint64_t start, std::uint64_t size);

  void append(std::string_view bytes);
  // Nothing is appended any more: gives back what was held for that.
  void finish() { tail_.shrink_to_fit(); }

  // What is from `start` on, as long as it was finished.
  Spool part(std::uint64_t start, std::uint64_t size) &&;

  std::uint64_t size() const { return in_file_ + tail_.size(); }
  bool in_memory() const { return in_file_ == 0; }

  // `size` bytes from `at` on, which are there; in `buffer` where they are not in memory. Valid until
  // something is appended, or `buffer` changes.
  std::string_view read(std::uint64_t at, std::size_t size, std::string& buffer) const;

  // All from `at` on, where all is in memory.
  std::string_view read_in_memory(std::uint64_t at) const {
    return std::string_view(tail_).substr(static_cast<std::size_t>(at));
  }

 private:
  static constexpr std::size_t kAtOnce = 256 << 10;

  void read_file(char* data, std::size_t size, std::uint64_t at) const;

  std::size_t in_memory_ = kInMemory;
  files::UniqueFd file_;
  std::uint64_t start_ = 0;    // in the file
  std::uint64_t in_file_ = 0;  // bytes
  std::string tail_;           // what comes behind them
};

}  // namespace ixian::layer
