// Most patterns of a .dockerignore have no wildcard ("node_modules", "build/out"), and each is asked about
// each file of the context: those are compared as text, and only the others become a Glob.
#include "pattern/ignore_pattern.h"

#include <algorithm>

namespace ixian::pattern {
namespace {

// Also "]" and the backslash: whatever could be more than text to the original goes through the Glob.
constexpr std::string_view kWildcards = "*?[]\\";

}  // namespace

IgnorePattern::IgnorePattern(std::string pattern) : text_(std::move(pattern)) {
  if (text_.find_first_of(kWildcards) == std::string::npos) return;
  glob_.emplace(text_, kIgnoreRules);
}

bool IgnorePattern::matches_path_or_parent(std::string_view path) const {
  if (glob_) return glob_->matches_path_or_parent(path);
  return path.starts_with(text_) && (path.size() == text_.size() || path[text_.size()] == '/');
}

// Compares component by component, up to a wildcard that may take a slash or is not looked into.
bool IgnorePattern::may_match_below(std::string_view folder) const {
  std::string_view pattern = text_;
  while (!folder.empty()) {
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view component = pattern.substr(0, end);
    if (component.find_first_of(kWildcards) != std::string_view::npos) return true;
    const std::size_t folder_end = std::min(folder.find('/'), folder.size());
    if (component != folder.substr(0, folder_end)) return false;
    if (end == pattern.size()) return false;  // it ends at the folder or above it
    pattern.remove_prefix(end + 1);
    folder.remove_prefix(std::min(folder_end + 1, folder.size()));
  }
  return true;
}

}  // namespace ixian::pattern
