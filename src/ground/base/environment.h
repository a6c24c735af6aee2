// The environment that this process was started with.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace ixian::base {

// nullopt where it is not set.
inline std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace ixian::base
