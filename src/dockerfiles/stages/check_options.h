// "# check=skip=RULE,RULE;experimental=RULE;error=true".
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/dockerfile.h"

namespace ixian::stages {

// The options of one file, immutable.
class CheckOptions {
 public:
  // Those of the file's directive, or `given` in place of it. Throws Error where they are wrong.
  explicit CheckOptions(const dockerfile::Dockerfile& file, const std::optional<std::string>& given = {});

  bool errors() const { return errors_; }

  // Whether the file, or one of the comments above an instruction, skips the rule.
  bool skips(const std::string& rule, const std::vector<std::string>& comments) const;

  // Whether the file asks for the rule, which is an experimental one. As with BuildKit, such a rule is not
  // skipped, and no comment above an instruction asks for it.
  bool asks_for(const std::string& rule) const { return ask_all_ || asked_.count(rule) > 0; }

 private:
  CheckOptions() = default;
  // False where an option is wrong.
  bool read(std::string_view text);

  bool errors_ = false;
  bool skip_all_ = false;
  bool ask_all_ = false;
  std::set<std::string> skipped_;
  std::set<std::string> asked_;
};

}  // namespace ixian::stages
