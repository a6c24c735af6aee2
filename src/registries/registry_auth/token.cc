// Scopes and tokens of Docker's token protocol. A server may answer with less than was asked, with a lifetime
// of nothing, and with a clock of its own; where its answer makes no sense, the specification's defaults
// count. A lifetime is cut to a day: a token that is refused is renewed anyway.
#include "registry_auth/token.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "base/json.h"
#include "base/text.h"

namespace ixian::registry_auth {
namespace {

using base::Json;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr seconds kDefaultLifetime{60};  // distribution specification, "Token Response Fields"
constexpr seconds kLongestLifetime{24 * 3600};
constexpr std::size_t kLongestTokenAnswer = 64 << 10;

bool wants_to_change(const Scope& scope) {
  return std::any_of(scope.actions.begin(), scope.actions.end(),
                     [](const std::string& action) { return action != "pull"; });
}

// Digits at the place where a date has them, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return -1;
  const char* const end = text.data() + at + count;
  int value = -1;
  const auto result = std::from_chars(text.data() + at, end, value);
  return result.ptr == end && value >= 0 ? value : -1;
}

// "Z", "+02:00"; nullopt for anything else.
std::optional<seconds> zone_offset(std::string_view text) {
  if (text == "Z" || text == "z") return seconds(0);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hours = digits(text, 1, 2);
  const int minutes = digits(text, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return seconds((text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60));
}

// RFC 3339, without its fractions of seconds.
std::optional<system_clock::time_point> parse_date(std::string_view text) {
  namespace chrono = std::chrono;
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const int year = digits(text, 0, 4);
  if (year < 1970 || year > 2200) return std::nullopt;  // what a time_point can hold
  const chrono::year_month_day day{chrono::year(year),
                                   chrono::month(static_cast<unsigned>(digits(text, 5, 2))),
                                   chrono::day(static_cast<unsigned>(digits(text, 8, 2)))};
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (!day.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  std::string_view rest = text.substr(19);
  if (rest.front() == '.') rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  const auto offset = zone_offset(rest);
  if (!offset) return std::nullopt;
  return chrono::sys_days(day) + chrono::hours(hour) + chrono::minutes(minute) + seconds(second) - *offset;
}

seconds lifetime_of(const Json& answer) {
  const auto found = answer.find("expires_in");
  double value = 0;
  if (found != answer.end() && found->is_number()) value = found->get<double>();
  if (found != answer.end() && found->is_string()) {
    const std::string text = found->get<std::string>();
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  if (!std::isfinite(value) || value < 1) return kDefaultLifetime;
  if (value >= static_cast<double>(kLongestLifetime.count())) return kLongestLifetime;
  return seconds(static_cast<long>(value));
}

// How long ago it was issued. Clocks differ: a date in the future, or so old that the token would have been
// handed out dead, says nothing.
seconds age_of(const Json& answer, system_clock::time_point now, seconds lifetime) {
  const auto found = answer.find("issued_at");
  if (found == answer.end() || !found->is_string()) return seconds(0);
  const auto issued = parse_date(found->get<std::string>());
  if (!issued) return seconds(0);
  const auto age = std::chrono::duration_cast<seconds>(now - *issued);
  return age > seconds(0) && age < lifetime ? age : seconds(0);
}

base::Secret token_value(const Json& answer) {
  for (const char* name : {"token", "access_token"}) {
    const auto found = answer.find(name);
    if (found == answer.end() || !found->is_string()) continue;
    const std::string& text = found->get_ref<const std::string&>();
    if (text.empty()) continue;
    if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; }))
      throw std::invalid_argument("its token contains characters that are invalid in a header");
    return base::Secret(text);
  }
  throw std::invalid_argument("it contains no token");
}

}  // namespace

std::string Scope::text() const {
  return type + ":" + repository + ":" +
         base::join(std::vector<std::string>(actions.begin(), actions.end()), ",");
}

Scopes pull_scope(const std::string& repository) {
  return {{repository, {"pull"}}};
}
Scopes push_scope(const std::string& repository) {
  return {{repository, {"pull", "push"}}};
}
Scopes delete_scope(const std::string& repository) {
  return {{repository, {"delete", "pull"}}};
}

Scopes merge(const Scopes& a, const Scopes& b) {
  Scopes merged;
  for (const Scopes* scopes : {&a, &b}) {
    for (const Scope& scope : *scopes) {
      const auto same = std::find_if(merged.begin(), merged.end(), [&](const Scope& other) {
        return other.type == scope.type && other.repository == scope.repository;
      });
      if (same == merged.end())
        merged.push_back(scope);
      else
        same->actions.insert(scope.actions.begin(), scope.actions.end());
    }
  }
  // Some servers look at the first scope alone.
  std::stable_partition(merged.begin(), merged.end(), wants_to_change);
  return merged;
}

Scopes parse_scopes(std::string_view text) {
  Scopes scopes;
  for (const std::string_view word : base::split(text, ' ')) {
    const std::size_t first = word.find(':');
    const std::size_t last = word.rfind(':');
    if (first == std::string_view::npos || first == 0 || last < first + 2 || scopes.size() == 16) continue;
    Scope scope{
        std::string(word.substr(first + 1, last - first - 1)), {}, std::string(word.substr(0, first))};
    for (const std::string_view action : base::split(word.substr(last + 1), ','))
      if (!action.empty()) scope.actions.emplace(action);
    if (!scope.actions.empty()) scopes = merge(scopes, {scope});
  }
  return scopes;
}

bool covers(const Scopes& have, const Scopes& want) {
  return std::all_of(want.begin(), want.end(), [&](const Scope& wanted) {
    return std::any_of(have.begin(), have.end(), [&](const Scope& scope) {
      return scope.type == wanted.type && scope.repository == wanted.repository &&
             std::includes(scope.actions.begin(), scope.actions.end(), wanted.actions.begin(),
                           wanted.actions.end());
    });
  });
}

bool pull_only(const Scopes& scopes) {
  return std::none_of(scopes.begin(), scopes.end(), wants_to_change);
}

Token parse_token(std::string_view body, system_clock::time_point now) {
  Json answer;
  try {
    answer = base::parse_json(body, kLongestTokenAnswer, 16);
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument("not JSON");
  }
  if (!answer.is_object()) throw std::invalid_argument("not a JSON object");
  Token token{token_value(answer), lifetime_of(answer)};
  token.lifetime -= age_of(answer, now, token.lifetime);
  return token;
}

seconds renewal_margin(seconds lifetime) {
  return std::min(std::max(seconds(10), lifetime / 10), lifetime / 2);
}

}  // namespace ixian::registry_auth
