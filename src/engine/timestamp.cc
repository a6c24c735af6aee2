#include "engine/timestamp.h"

#include <fmt/format.h>

#include <ctime>

namespace ixian::engine {

std::string timestamp(const std::optional<std::int64_t>& fixed) {
  timespec now{};
  if (fixed) {
    now.tv_sec = *fixed;
  } else {
    ::clock_gettime(CLOCK_REALTIME, &now);
  }
  std::tm parts{};
  ::gmtime_r(&now.tv_sec, &parts);
  const std::string fraction = fixed ? "" : fmt::format(".{:09}", now.tv_nsec);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, fraction);
}

}  // namespace ixian::engine
