// Spans of time in sentences.
#pragma once

#include <chrono>
#include <string>

namespace ixian::base {

// "2s", "0.4s".
inline std::string duration_text(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + "s";
}

}  // namespace ixian::base
