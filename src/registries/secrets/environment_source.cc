#include <fmt/format.h>

#include "base/error.h"
#include "secrets/local_sources.h"

namespace ixian::secrets {

base::Secret load_from_environment(const std::string& name, const aws::Environment& environment) {
  std::optional<std::string> value = environment.variable(name);
  if (!value) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("environment variable {} is not set\nhint: set and export it", name));
  }
  if (value->empty()) {
    throw base::Error(base::ErrorCode::kRegistry, fmt::format("environment variable {} is empty", name));
  }
  return base::Secret(std::move(*value));
}

}  // namespace ixian::secrets
