// Times of AWS are numbers of seconds or text, depending on the service, and may be beyond what a clock here
// can hold: they are then the latest that it can.
#include "aws/timestamp.h"

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "base/text.h"
#include "base/time.h"

namespace ixian::aws {
namespace {

constexpr double kLatest = 9e9;  // seconds; system_clock itself ends in 2262

Time from_seconds(double count) {
  if (std::isnan(count)) throw std::invalid_argument("a time that is not a number");
  // Before converting: a double out of range is undefined behaviour.
  const double within = std::fmin(std::fmax(count, 0.0), kLatest);
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(within)));
}

}  // namespace

Time parse_time(std::string_view text) {
  text = base::trim(text);
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) return from_seconds(count);

  const auto time = base::parse_timestamp(text);
  if (!time) throw std::invalid_argument("an invalid time");
  return from_seconds(static_cast<double>(time->time_since_epoch().count()));
}

Time parse_time(const base::Json& value) {
  if (value.is_number()) return from_seconds(value.get<double>());
  if (value.is_string()) return parse_time(std::string_view(value.get_ref<const std::string&>()));
  throw std::invalid_argument("a time that is neither a number nor a string");
}

}  // namespace ixian::aws
