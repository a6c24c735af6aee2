#include "context/wildcard.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/path_match.h"

namespace ixian::context {
namespace {

bool matches(const std::string& pattern, const std::string& name) {
  try {
    return dockerfile::match_path(pattern, name);
  } catch (const std::invalid_argument& error) {
    throw base::Error(base::ErrorCode::kTaskFailed, error.what());
  }
}

class Expansion {
 public:
  Expansion(const FileView& view, std::vector<std::string> parts) : view_(view), parts_(std::move(parts)) {}

  std::vector<std::string> run() {
    walk("", 0);
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  void walk(const std::string& folder, std::size_t index) {
    if (index == parts_.size()) {
      if (!folder.empty()) found_.push_back(folder);
      return;
    }
    const std::string& part = parts_[index];
    if (part == "**") return walk_deep(folder, index);
    if (!dockerfile::has_wildcards(part)) {
      const std::string path = join_path(folder, unescaped(part));
      if (view_.find(resolve_path(view_, path, true)) || view_.find(path)) walk(path, index + 1);
      return;
    }
    for (const std::string& name : view_.children(resolve_path(view_, folder, true))) {
      if (matches(part, name)) walk(join_path(folder, name), index + 1);
    }
  }

  void walk_deep(const std::string& folder, std::size_t index) {
    walk(folder, index + 1);
    for (const std::string& name : view_.children(folder)) {
      const std::string path = join_path(folder, name);
      const auto entry = view_.find(path);
      if (entry && entry->type == oci::TarType::kFolder) {
        walk_deep(path, index);
      } else if (index + 1 == parts_.size()) {
        found_.push_back(path);
      }
    }
  }

  const FileView& view_;
  const std::vector<std::string> parts_;
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

std::vector<std::string> expand_wildcards(const FileView& view, const std::string& pattern) {
  const auto parts = base::split(pattern, '/');
  return Expansion(view, {parts.begin(), parts.end()}).run();
}

}  // namespace ixian::context
