#include "ui/verbosity.h"

#include "base/text.h"

namespace ixian::ui {

std::optional<Verbosity> parse_threshold(std::string_view text) {
  const auto name = base::to_lower(text);
  if (name == "debug") return Verbosity::kDebug;
  if (name == "info") return Verbosity::kInfo;
  if (name == "warn" || name == "warning") return Verbosity::kWarning;
  if (name == "error") return Verbosity::kError;
  if (name == "none") return Verbosity::kNone;
  return std::nullopt;
}

bool shows(Verbosity threshold, base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
      return threshold == Verbosity::kDebug;
    case base::LogLevel::kInfo:
      return threshold <= Verbosity::kInfo;
    case base::LogLevel::kWarning:
      return threshold <= Verbosity::kWarning;
    case base::LogLevel::kError:
      break;
  }
  return true;
}

bool shows(Verbosity threshold, base::ActivityStatus outcome) {
  switch (outcome) {
    case base::ActivityStatus::kSkipped:
      return threshold == Verbosity::kDebug;
    case base::ActivityStatus::kDone:
      return threshold <= Verbosity::kInfo;
    case base::ActivityStatus::kCancelled:
      return threshold <= Verbosity::kWarning;
    case base::ActivityStatus::kFailed:
      break;
  }
  return true;
}

}  // namespace ixian::ui
