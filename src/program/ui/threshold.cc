#include "ui/threshold.h"

#include "base/text.h"

namespace ixian::ui {

std::optional<Threshold> parse_threshold(std::string_view text) {
  const auto name = base::to_lower(text);
  if (name == "debug") return Threshold::kDebug;
  if (name == "info") return Threshold::kInfo;
  if (name == "warn" || name == "warning") return Threshold::kWarning;
  if (name == "error") return Threshold::kError;
  if (name == "none") return Threshold::kNone;
  return std::nullopt;
}

bool shows(Threshold threshold, base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
      return threshold == Threshold::kDebug;
    case base::LogLevel::kInfo:
      return threshold <= Threshold::kInfo;
    case base::LogLevel::kWarning:
      return threshold <= Threshold::kWarning;
    case base::LogLevel::kError:
      break;
  }
  return true;
}

bool shows(Threshold threshold, base::Outcome outcome) {
  switch (outcome) {
    case base::Outcome::kSkipped:
      return threshold == Threshold::kDebug;
    case base::Outcome::kDone:
      return threshold <= Threshold::kInfo;
    case base::Outcome::kCancelled:
      return threshold <= Threshold::kWarning;
    case base::Outcome::kFailed:
      break;
  }
  return true;
}

}  // namespace ixian::ui
