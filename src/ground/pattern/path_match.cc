// What Go's path/filepath does on Linux, written out again: COPY and ADD take their sources through it in the
// original, and what differs there would copy other files.
#include "pattern/path_match.h"

#include <algorithm>
#include <vector>

namespace ixian::pattern {

bool match_path(std::string_view pattern, std::string_view name) {
  return Glob(pattern, kGoPaths).matches(name);
}

bool has_wildcards(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\') {
      ++i;
    } else if (path[i] == '*' || path[i] == '?' || path[i] == '[') {
      return true;
    }
  }
  return false;
}

std::string clean_path(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::string result = rooted ? "/" : "";
  std::vector<std::size_t> ends;  // of `result` before each component that ".." may take away
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view component = path.substr(at, end - at);
    at = end + 1;
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      // A ".." that nothing stands before is kept, or dropped behind the root; only a component that is no
      // ".." itself can be taken back.
      if (!ends.empty()) {
        result.resize(ends.back());
        ends.pop_back();
        continue;
      }
      if (rooted) continue;
    } else {
      ends.push_back(result.size());
    }
    if (!result.empty() && result != "/") result += '/';
    result += component;
  }
  return result.empty() ? "." : result;
}

}  // namespace ixian::pattern
