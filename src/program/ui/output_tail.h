// The last lines that a program printed, however much it prints.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace ixian::ui {

// For one thread, or under its owner's lock.
class OutputTail {
 public:
  static constexpr std::size_t kMaxLines = 1000;
  static constexpr std::size_t kMaxBytes = 256u << 10;
  static constexpr std::size_t kMaxLineBytes = 16u << 10;  // of a longer line the start is kept

  void add(std::string_view line);

  const std::deque<std::string>& lines() const { return lines_; }
  std::size_t dropped() const { return dropped_; }

  // The last line that is not blank, "" where there is none.
  const std::string& last() const { return last_; }

 private:
  std::deque<std::string> lines_;
  std::string last_;
  std::size_t bytes_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace ixian::ui
