#include "ui/ci_groups.h"

#include <fmt/format.h>

#include <cmath>

#include "ui/printable.h"

namespace ixian::ui {
namespace {

constexpr std::string_view kDigits = "0123456789";

// "" where the name does not end in " N/M".
std::string_view stage_of(std::string_view activity) {
  const std::size_t space = activity.rfind(' ');
  if (space == std::string_view::npos) return "";
  const std::string_view number = activity.substr(space + 1);
  const std::size_t slash = number.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == number.size()) return "";
  const bool is_number = number.substr(0, slash).find_first_not_of(kDigits) == std::string_view::npos &&
                         number.substr(slash + 1).find_first_not_of(kDigits) == std::string_view::npos;
  return is_number ? activity.substr(0, space) : "";
}

}  // namespace

CiService ci_service(const Environment& environment) {
  if (environment("GITHUB_ACTIONS") == "true") return CiService::kGithub;
  return environment("GITLAB_CI").empty() ? CiService::kNone : CiService::kGitlab;
}

std::string CiGroups::before(std::string_view activity) {
  if (service_ == CiService::kNone) return "";
  const std::string_view stage = stage_of(activity);
  if (stage == open_) return "";
  std::string text = close();
  if (stage.empty()) return text;
  open_ = stage;
  ++sections_;
  if (service_ == CiService::kGithub) return text + fmt::format("::group::{}\n", printable(stage));
  return text + fmt::format("\x1b[0Ksection_start:{:.0f}:ix_{}\r\x1b[0K{}\n", std::floor(clock_.wall()),
                            sections_, printable(stage));
}

std::string CiGroups::close() {
  if (open_.empty()) return "";
  open_.clear();
  if (service_ == CiService::kGithub) return "::endgroup::\n";
  return fmt::format("\x1b[0Ksection_end:{:.0f}:ix_{}\r\x1b[0K\n", std::floor(clock_.wall()), sections_);
}

}  // namespace ixian::ui
