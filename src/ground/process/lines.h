// Bytes as they come, cut into lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace ixian::process {

// Calls back with each complete line, without its "\n" or "\r\n". What has no end yet waits, up to a
// mebibyte. Not thread-safe.
class LineSplitter {
 public:
  using OnLine = std::function<void(std::string_view line)>;

  void feed(std::string_view bytes, const OnLine& on_line);

  // What waits counts as a line.
  void finish(const OnLine& on_line);

 private:
  static constexpr std::size_t kLongestLine = 1 << 20;

  std::string partial_;
};

}  // namespace ixian::process
