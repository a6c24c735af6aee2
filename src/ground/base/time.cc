// The calendar and the names of months are the library's. It is a lenient reader (one digit where there
// should be two, a sign before a year, the day of the week must be right), so what is read has to have the
// exact shape of a format first.
#include "base/time.h"

// Names of months are those of the protocols, whatever the user's language.
#define ONLY_C_LOCALE 1
#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/text.h"

namespace ixian::base {
namespace {

using std::chrono::sys_seconds;

// In a shape 0 is a digit, A and a are letters, and all else is itself.
bool has_shape(std::string_view text, std::string_view shape) {
  const auto fits = [](char c, char wanted) {
    if (wanted == '0') return c >= '0' && c <= '9';
    if (wanted == 'A') return c >= 'A' && c <= 'Z';
    if (wanted == 'a') return c >= 'a' && c <= 'z';
    return c == wanted;
  };
  return text.size() == shape.size() && std::equal(text.begin(), text.end(), shape.begin(), fits);
}

std::optional<sys_seconds> read(const std::string& text, const char* format) {
  std::istringstream in(text);
  date::sys_seconds time;
  in >> date::parse(format, time);
  if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return time;
}

// A zone as "+hhmm"; "" for what is none.
std::string zone_offset(std::string_view zone) {
  if (zone.empty() || zone == "Z" || zone == "z" || zone == "UTC" || zone == "GMT") return "+0000";
  if (zone[0] != '+' && zone[0] != '-') return "";
  const std::string sign(1, zone[0]);
  zone.remove_prefix(1);
  std::string digits(zone);
  if (has_shape(zone, "00:00")) digits.erase(2, 1);
  if (has_shape(zone, "00")) digits += "00";
  if (!has_shape(digits, "0000") || digits.substr(0, 2) > "23" || digits.substr(2) > "59") return "";
  return sign + digits;
}

// A leap second is taken out of "…:60", and given back by what is returned.
std::chrono::seconds take_leap_second(std::string& clock) {
  if (!clock.ends_with(":60")) return std::chrono::seconds(0);
  clock.replace(clock.size() - 2, 2, "59");
  return std::chrono::seconds(1);
}

// `day` "06", `month` "Nov", `year` "1994", `clock` "08:49:37", each of that shape or not.
std::optional<WallTime> http_time(std::string_view day, std::string_view month, int year, std::string clock) {
  if (!has_shape(day, "00") || !has_shape(month, "Aaa") || !has_shape(clock, "00:00:00")) return std::nullopt;
  // What fits into system_clock's nanoseconds, roughly.
  year = std::clamp(year, 1700, 2240);
  const std::chrono::seconds leap = take_leap_second(clock);
  const auto time = read(fmt::format("{} {} {} {}", day, month, year, clock), "%d %b %Y %H:%M:%S");
  return time ? std::optional<WallTime>(*time + leap) : std::nullopt;
}

std::optional<int> year_in(std::string_view text, std::string_view shape) {
  if (!has_shape(text, shape)) return std::nullopt;
  return std::stoi(std::string(text));
}

// Of two digits, the latest that is at most 50 years after `now`.
int full_year(int two_digits, WallTime now) {
  const int this_year = static_cast<int>(date::year_month_day(date::floor<date::days>(now)).year());
  const int year = this_year / 100 * 100 + two_digits;
  return year > this_year + 50 ? year - 100 : year;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found = split(text, ' ');
  std::erase(found, "");
  return found;
}

}  // namespace

std::optional<sys_seconds> parse_timestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00_00:00:00";
  if (text.size() < kShape.size()) return std::nullopt;
  std::string moment(text.substr(0, kShape.size()));
  std::string_view rest = text.substr(kShape.size());
  if (std::string_view("Tt ").find(moment[10]) == std::string_view::npos) return std::nullopt;
  moment[10] = '_';
  if (!has_shape(moment, kShape)) return std::nullopt;
  if (!rest.empty() && (rest[0] == '.' || rest[0] == ',')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return std::nullopt;
    rest.remove_prefix(end);
  }
  const std::string zone = zone_offset(rest);
  if (zone.empty()) return std::nullopt;
  const std::chrono::seconds leap = take_leap_second(moment);
  const auto time = read(moment + zone, "%Y-%m-%d_%H:%M:%S%z");
  return time ? std::optional(*time + leap) : std::nullopt;
}

std::optional<WallTime> parse_http_date(std::string_view text, WallTime now) {
  const std::vector<std::string_view> parts = words(trim(text));
  if (parts.size() == 6 && parts[0].ends_with(',') && parts[5] == "GMT") {
    const auto year = year_in(parts[3], "0000");
    return year ? http_time(parts[1], parts[2], *year, std::string(parts[4])) : std::nullopt;
  }
  if (parts.size() == 4 && parts[0].ends_with(',') && parts[3] == "GMT") {
    if (!has_shape(parts[1], "00-Aaa-00")) return std::nullopt;
    const int year = full_year(std::stoi(std::string(parts[1].substr(7))), now);
    return http_time(parts[1].substr(0, 2), parts[1].substr(3, 3), year, std::string(parts[2]));
  }
  if (parts.size() == 5) {
    const auto year = year_in(parts[4], "0000");
    const std::string day = (parts[2].size() == 1 ? "0" : "") + std::string(parts[2]);
    return year ? http_time(day, parts[1], *year, std::string(parts[3])) : std::nullopt;
  }
  return std::nullopt;
}

std::string rfc3339_text(const std::optional<std::int64_t>& fixed) {
  using std::chrono::nanoseconds;
  if (fixed) return date::format("%FT%TZ", date::sys_seconds(std::chrono::seconds(*fixed)));
  return date::format("%FT%TZ", std::chrono::time_point_cast<nanoseconds>(std::chrono::system_clock::now()));
}

std::string utc_text(WallTime time) {
  return date::format("%F %T UTC", std::chrono::floor<std::chrono::seconds>(time));
}

std::string duration_text(std::chrono::milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + "s";
}

}  // namespace ixian::base
