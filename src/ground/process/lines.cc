#include "process/lines.h"

namespace ixian::process {
namespace {

void emit(std::string_view line, const LineSplitter::OnLine& on_line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  on_line(line);
}

}  // namespace

void LineSplitter::feed(std::string_view bytes, const OnLine& on_line) {
  partial_ += bytes;
  std::size_t start = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', start)) {
    emit(std::string_view(partial_).substr(start, end - start), on_line);
    start = end + 1;
  }
  partial_.erase(0, start);
  // A program that prints no line ends must not take all memory.
  if (partial_.size() > kLongestLine) finish(on_line);
}

void LineSplitter::finish(const OnLine& on_line) {
  if (!partial_.empty()) emit(partial_, on_line);
  partial_.clear();
}

}  // namespace ixian::process
