// Docker expands the sources of COPY and ADD with Go's filepath.Match, and those of COPY --parents as include
// patterns in the language of .dockerignore. The first goes part by part down the tree, following links as it
// goes, and never looks into what a part does not match. The second tries the whole pattern on each path,
// follows no links, and skips directories in which nothing can match.
#include "context/wildcard.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "pattern/ignore_pattern.h"
#include "pattern/path_match.h"

namespace ixian::context {
namespace {

bool matches(const std::string& pattern, const std::string& name) {
  try {
    return pattern::match_path(pattern, name);
  } catch (const std::invalid_argument& error) {
    throw base::Error(base::ErrorCode::kTaskFailed, error.what());
  }
}

// One path component at a time.
class SourceExpansion {
 public:
  SourceExpansion(const FileView& view, std::vector<std::string> parts)
      : view_(view), parts_(std::move(parts)) {}

  std::vector<std::string> run(const std::string& below) {
    walk(below, 0);
    return std::move(found_);
  }

 private:
  void walk(const std::string& folder, std::size_t index) {
    if (index == parts_.size()) {
      if (!folder.empty()) found_.push_back(folder);
      return;
    }
    const std::string& part = parts_[index];
    if (!pattern::has_wildcards(part)) {
      const std::string path = join_path(folder, unescaped(part));
      // A dangling link counts as there, as lstat(2) has it in Go's Glob.
      if (view_.find(resolve_path(view_, path, true)) || view_.find(path)) walk(path, index + 1);
      return;
    }
    for (const std::string& name : view_.children(resolve_path(view_, folder, true))) {
      if (matches(part, name)) walk(join_path(folder, name), index + 1);
    }
  }

  const FileView& view_;
  const std::vector<std::string> parts_;
  std::vector<std::string> found_;
};

class IncludeExpansion {
 public:
  IncludeExpansion(const FileView& view, const std::string& pattern) : view_(view), pattern_(pattern) {}

  std::vector<std::string> run(const std::string& below) {
    walk(resolve_path(view_, below, true), below, "");
    return std::move(found_);
  }

 private:
  void walk(const std::string& folder, const std::string& below, const std::string& relative) {
    for (const std::string& name : view_.children(folder)) {
      const std::string path = join_path(relative, name);
      if (pattern_.matches_path_or_parent(path)) {
        found_.push_back(join_path(below, path));
      } else if (pattern_.may_match_below(path)) {
        walk(join_path(folder, name), below, path);
      }
    }
  }

  const FileView& view_;
  const pattern::IgnorePattern pattern_;
  std::vector<std::string> found_;
};

}  // namespace

std::string unescaped(std::string_view pattern) {
  std::string plain;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    plain += pattern[i];
  }
  return plain;
}

std::string literal(std::string_view path) {
  std::string pattern;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::vector<std::string> expand_wildcards(const FileView& view, const std::string& pattern,
                                          WildcardLanguage language, const std::string& below) {
  std::vector<std::string> found;
  if (language == WildcardLanguage::kSources) {
    const auto parts = base::split(pattern, '/');
    found = SourceExpansion(view, {parts.begin(), parts.end()}).run(below);
  } else if (pattern.empty()) {
    found = {below};
  } else {
    try {
      found = IncludeExpansion(view, pattern).run(below);
    } catch (const std::invalid_argument& error) {
      throw base::Error(base::ErrorCode::kTaskFailed, error.what());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace ixian::context
