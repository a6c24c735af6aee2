#include "ui/output_tail.h"

#include "base/text.h"

namespace ixian::ui {

void OutputTail::add(std::string_view line) {
  line = line.substr(0, kMaxLineBytes);
  lines_.emplace_back(line);
  bytes_ += line.size();
  // A blank line would blank the display of what the program does.
  if (!base::trim(line).empty()) last_ = line;
  while (lines_.size() > kMaxLines || bytes_ > kMaxBytes) {
    bytes_ -= lines_.front().size();
    lines_.pop_front();
    ++dropped_;
  }
}

}  // namespace ixian::ui
