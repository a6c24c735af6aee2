#pragma once

#include <string>

#include "base/error.h"

namespace ixian::build_context {

[[noreturn]] inline void usage(const std::string& message) {
  throw base::Error(base::ErrorCode::kUsage, message);
}

}  // namespace ixian::build_context
