// What BuildKit's frontend answers to `docker build --call`, as text for people and as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "stages/lint.h"
#include "stages/outline.h"

namespace ixian::stages {

// `source` is the Dockerfile's text.
std::string targets_text(const std::vector<ListedTarget>& targets);
base::Json targets_json(const std::vector<ListedTarget>& targets, const std::string& source);

std::string outline_text(const Outline& outline);
base::Json outline_json(const Outline& outline, const std::string& source);

// A file whose warnings are told, `name` as messages call it.
struct CheckedFile {
  std::string name, text;
};
// With the summary of buildx before it: how many, or that there are none.
std::string check_text(const LintReport& report, const CheckedFile& file);
base::Json check_json(const LintReport& report, const CheckedFile& file);

}  // namespace ixian::stages
