// Times and amounts as a person reads them.
#pragma once

#include <string>

#include "base/event.h"

namespace ixian::ui {

// "0.3s", "12.4s", "3m05s", "1h02m". Below 0 counts as 0.
std::string format_duration(double seconds);

// The same without tenths, for a number that changes before one's eyes: "0s", "12s", "3m05s".
std::string format_elapsed(double seconds);

// As a clock shows it: "0:42", "12:07", "1:02:03".
std::string format_clock(double seconds);

// Decimal units: "0 B", "999 B", "1.2 GB", "80 MB". One decimal below ten, none above.
std::string format_bytes(double bytes);

// How far something is: "38 % of 1.2 GB", "3 of 12 files"; where the total is not known "450 MB",
// "3 files". `unit` "B" means bytes.
std::string format_progress(const base::Progress& progress);

// "80 MB/s", "12 files/s"; "" where nothing can be said yet.
std::string format_rate(double per_second, std::string_view unit);

}  // namespace ixian::ui
