#include "aws/timestamp.h"

#include <fmt/chrono.h>

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "base/text.h"

namespace ixian::aws {
namespace {

using std::chrono::seconds;

constexpr double kLatest = 9e9;  // seconds; system_clock itself ends in 2262

Time from_seconds(double count) {
  if (std::isnan(count)) throw std::invalid_argument("a time that is not a number");
  const double within = std::fmin(std::fmax(count, 0.0), kLatest);
  return Time(std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(within)));
}

// Reads fixed-width fields from the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    if (rest_.size() < count) fail();
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + count, value);
    if (error != std::errc() || end != rest_.data() + count || rest_[0] == '-') fail();
    rest_.remove_prefix(count);
    return value;
  }
  bool skip(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) {
    if (!skip(any_of)) fail();
  }
  void skip_fraction() {
    if (!skip(".,")) return;
    digits(1);
    while (skip("0123456789")) {
    }
  }
  bool take(std::string_view word) {
    if (rest_ != word) return false;
    rest_ = {};
    return true;
  }
  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  [[noreturn]] static void fail() { throw std::invalid_argument("a time that cannot be read"); }

 private:
  std::string_view rest_;
};

seconds zone(Fields& fields) {
  if (fields.empty() || fields.take("Z") || fields.take("z") || fields.take("UTC") || fields.take("GMT")) {
    return seconds(0);
  }
  const bool behind = fields.rest()[0] == '-';
  fields.expect("+-");
  const int hours = fields.digits(2);
  fields.skip(":");
  const int minutes = fields.empty() ? 0 : fields.digits(2);
  if (!fields.empty() || hours > 23 || minutes > 59) Fields::fail();
  const seconds offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return behind ? -offset : offset;
}

}  // namespace

Time parse_time(std::string_view text) {
  text = base::trim(text);
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) return from_seconds(count);

  Fields fields(text);
  const int year = fields.digits(4);
  fields.expect("-");
  const int month = fields.digits(2);
  fields.expect("-");
  const int day = fields.digits(2);
  fields.expect("Tt ");
  const int hour = fields.digits(2);
  fields.expect(":");
  const int minute = fields.digits(2);
  fields.expect(":");
  const int second = fields.digits(2);
  fields.skip_fraction();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) Fields::fail();
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const seconds time = std::chrono::duration_cast<seconds>(days) + std::chrono::hours(hour) +
                       std::chrono::minutes(minute) + seconds(second) - zone(fields);
  return from_seconds(static_cast<double>(time.count()));
}

Time parse_time(const base::Json& value) {
  if (value.is_number()) return from_seconds(value.get<double>());
  if (value.is_string()) return parse_time(std::string_view(value.get_ref<const std::string&>()));
  throw std::invalid_argument("a time that is neither a number nor a text");
}

std::string utc_text(Time time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace ixian::aws
