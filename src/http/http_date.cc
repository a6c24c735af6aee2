#include "http/http_date.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/text.h"

namespace ixian::http {
namespace {

using std::chrono::system_clock;

// What fits into system_clock's nanoseconds, roughly.
constexpr int kFirstYear = 1700;
constexpr int kLastYear = 2240;

// Exactly so many digits.
std::optional<int> number(std::string_view text, std::size_t digits) {
  int value = 0;
  if (text.size() != digits || text.front() < '0' || text.front() > '9') return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

std::optional<int> month(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 3) return std::nullopt;
  const std::size_t at = kMonths.find(text);
  if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  return static_cast<int>(at / 3) + 1;
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  const std::vector<std::string_view> parts = base::split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto hours = number(parts[0], 2);
  const auto minutes = number(parts[1], 2);
  const auto seconds = number(parts[2], 2);
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

std::optional<system_clock::time_point> assemble(std::optional<int> year, std::optional<int> month_number,
                                                 std::optional<int> day, std::string_view time) {
  const auto seconds = time_of_day(time);
  if (!year || !month_number || !day || !seconds) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(std::clamp(*year, kFirstYear, kLastYear)),
                                         std::chrono::month(static_cast<unsigned>(*month_number)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *seconds;
}

std::optional<int> full_year(std::string_view two_digits, system_clock::time_point now) {
  const auto value = number(two_digits, 2);
  if (!value) return std::nullopt;
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const int this_year = static_cast<int>(today.year());
  const int year = this_year / 100 * 100 + *value;
  return year > this_year + 50 ? year - 100 : year;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (const std::string_view word : base::split(text, ' ')) {
    if (!word.empty()) found.push_back(word);
  }
  return found;
}

}  // namespace

std::optional<system_clock::time_point> parse_http_date(std::string_view text, system_clock::time_point now) {
  const std::vector<std::string_view> parts = words(base::trim(text));
  if (parts.size() == 6 && parts[0].ends_with(',') && parts[5] == "GMT") {
    return assemble(number(parts[3], 4), month(parts[2]), number(parts[1], 2), parts[4]);
  }
  if (parts.size() == 4 && parts[0].ends_with(',') && parts[3] == "GMT") {
    const std::vector<std::string_view> date = base::split(parts[1], '-');
    if (date.size() != 3) return std::nullopt;
    return assemble(full_year(date[2], now), month(date[1]), number(date[0], 2), parts[2]);
  }
  if (parts.size() == 5) {
    const auto day = number(parts[2], parts[2].size() == 1 ? 1 : 2);
    return assemble(number(parts[4], 4), month(parts[1]), day, parts[3]);
  }
  return std::nullopt;
}

}  // namespace ixian::http
