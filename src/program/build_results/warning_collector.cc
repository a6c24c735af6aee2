#include "build_results/warning_collector.h"

#include "base/base64.h"
#include "build_results/ci.h"

namespace ixian::build_results {

void WarningCollector::log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (level == base::LogLevel::kWarning) texts_.emplace_back(text);
  } catch (...) {  // one less in the file
  }
  sink_.log(id, level, text);
}

base::Json WarningCollector::warnings() const {
  const std::lock_guard lock(mutex_);
  base::Json all = base::Json::array();
  for (const std::string& text : texts_) {
    const std::optional<MessagePlace> place = place_in(text);
    const std::string_view shown = place ? place->rest : std::string_view(text);
    base::Json warning = {{"level", 1}, {"short", base::encode_base64(shown).reveal()}};
    if (place) {
      const base::Json at = {{"line", place->line}};
      warning["range"] = base::Json::array({{{"start", at}, {"end", at}}});
    }
    all.push_back(std::move(warning));
  }
  return all;
}

}  // namespace ixian::build_results
