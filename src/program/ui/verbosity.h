// How much of what happens is told.
#pragma once

#include <optional>
#include <string_view>

#include "base/event.h"

namespace ixian::ui {

// The least important thing that is shown:
//   kDebug    all, also what is up to date
//   kInfo     messages, the start and end of each activity
//   kWarning  warnings, failures, and what programs print
//   kError    errors and failures, what a program printed only where it failed
//   kNone     errors and failures alone
enum class Verbosity { kDebug, kInfo, kWarning, kError, kNone };

// "DEBUG", "INFO", "WARN", "WARNING", "ERROR" or "NONE" in any case.
std::optional<Verbosity> parse_threshold(std::string_view text);

bool shows(Verbosity threshold, base::LogLevel level);

// Whether the end of an activity is worth a line of its own.
bool shows(Verbosity threshold, base::ActivityStatus outcome);

}  // namespace ixian::ui
