// "check=skip=A,B;error=true", in a directive for the whole file and in a comment above an instruction for
// that one, where only skip counts. In a comment what cannot be read is a comment.
#include "stages/check_options.h"

#include "base/text.h"
#include "dockerfile/go_values.h"

namespace ixian::stages {
namespace {

constexpr std::string_view kComment = "check=";

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

}  // namespace

CheckOptions::CheckOptions(const dockerfile::Dockerfile& file, const std::optional<std::string>& given) {
  if (given) {
    if (given->empty() || read(*given)) return;
    throw base::Error(base::ErrorCode::kUsage, "invalid build argument BUILDKIT_DOCKERFILE_CHECK \"" +
                                                   base::shown(*given) +
                                                   "\" (expected: such as skip=RULE,RULE;error=true)");
  }
  const std::string_view text = first_word(file.directives.check);
  if (text.empty() || read(text)) return;
  throw file.source->error({},
                           "invalid value \"" + base::shown(text) +
                               "\" for the directive check (expected: such as skip=RULE,RULE;error=true)");
}

bool CheckOptions::read(std::string_view text) {
  for (const std::string_view option : base::split(text, ';')) {
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = base::trim(option.substr(0, equals));
    const std::string_view value = base::trim(option.substr(equals + 1));
    if (name == "skip") {
      skip_all_ = skip_all_ || value == "all";
      for (const std::string_view rule : base::split(value, ',')) skipped_.emplace(base::trim(rule));
    } else if (name == "error") {
      const auto flag = dockerfile::parse_bool(value);
      if (!flag) return false;
      errors_ = *flag;
    } else if (name == "experimental") {
      ask_all_ = ask_all_ || value == "all";
      for (const std::string_view rule : base::split(value, ',')) asked_.emplace(base::trim(rule));
    } else {
      return false;
    }
  }
  return true;
}

bool CheckOptions::skips(const std::string& rule, const std::vector<std::string>& comments) const {
  if (skip_all_ || skipped_.count(rule) > 0) return true;
  for (const std::string& comment : comments) {
    if (!comment.starts_with(kComment)) continue;
    CheckOptions local;
    return local.read(first_word(std::string_view(comment).substr(kComment.size()))) && local.skips(rule, {});
  }
  return false;
}

}  // namespace ixian::stages
