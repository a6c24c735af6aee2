// BuildKit's checks: what is allowed and probably not meant.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/dockerfile.h"
#include "pattern/ignore_rules.h"
#include "stages/scope.h"

namespace ixian::stages {

struct Warning {
  std::string rule;     // "FromAsCasing", the names of BuildKit
  std::string message;  // one line that can be shown, without its full stop
  base::Position at;
  int last_line = 0;  // of what it is about, an instruction over several lines for one
};

// The bases of a project's stages are arguments that these always get, so that it says nothing of them.
inline constexpr char kInvalidDefaultArg[] = "InvalidDefaultArgInFrom";

// "Dockerfile:3: … (FromAsCasing)".
std::string line_of(const Warning& warning, const std::string& file);

struct LintReport {
  std::vector<Warning> warnings;       // in the order of the file
  bool is_error = false;               // "# check=error=true", and there are warnings
  std::optional<base::Error> failure;  // why the file cannot be built at all; see check_file()
};

// What a check may know besides the file.
struct LintInputs {
  struct Base {
    std::vector<std::string> environment;
    std::string platform;         // of the image, "linux/arm64/v8"; "" is not known
    std::string wanted_platform;  // that it was asked for
  };
  // Base images, by the index of the stage that names them. UndefinedVar is only looked for in stages whose
  // base is known, or is scratch.
  std::map<std::size_t, Base> bases;
  const pattern::IgnoreRules* ignored = nullptr;  // for CopyIgnoredFile
};

// Rules that "# check=skip=…" names are left out, for the file or, in a comment above it, for an instruction.
// An experimental rule (InvalidDefinitionDescription) is looked at where "# check=experimental=…" names it.
// Throws Error where the options of # check= are wrong. A stage that cannot be evaluated is looked at up to
// there: that it cannot is for others to say, and may be what the warnings explain. The build argument
// BUILDKIT_DOCKERFILE_CHECK counts in place of "# check=".
LintReport lint(const dockerfile::Dockerfile& file, const GlobalScope& global, const LintInputs& inputs = {});

// The same of a text. One that cannot be read to its end is looked at up to there, and `failure` says why.
LintReport check_file(const std::string& text, const std::string& name, const ScopeOptions& options);

}  // namespace ixian::stages
