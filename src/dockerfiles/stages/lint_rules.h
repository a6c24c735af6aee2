// The rules of lint(), as BuildKit documents them.
#pragma once

#include <string>
#include <string_view>

namespace ixian::stages {

struct LintRule {
  std::string_view name;
  std::string_view page;  // of BuildKit's documentation, the last part of its URL
  std::string_view description;

  std::string url() const;
};

// nullptr for a name that is none.
const LintRule* find_lint_rule(std::string_view name);

}  // namespace ixian::stages
