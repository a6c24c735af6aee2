// The grammar is ambiguous to whoever splits at commas: a comma separates challenges, and parameters of one
// challenge, and stands within quotes. What decides is the token after the comma: with "=" behind it, it is a
// parameter of the challenge that is being read, otherwise the scheme of a new one. Servers are let off where
// the meaning is clear: values without quotes that hold more than a token may, missing or doubled commas, a
// quote that is never closed.
#include "registry_auth/challenge.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace ixian::registry_auth {
namespace {

constexpr std::size_t kMostChallenges = 32;
constexpr std::size_t kMostParameters = 64;

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_space(char c) {
  return c == ' ' || c == '\t';
}

class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : rest_(text) {}

  void read(std::vector<Challenge>& challenges) {
    bool open = false;  // a challenge is being read that parameters belong to
    while (skip_separators()) {
      const std::string_view word = token();
      if (word.empty()) {
        rest_.remove_prefix(1);
      } else if (take_equals()) {
        std::string value = read_value();
        if (open) keep(challenges.back(), word, std::move(value));
      } else {
        if (challenges.size() == kMostChallenges) return;
        challenges.push_back({base::to_lower(word), {}, token68()});
        open = true;
      }
    }
  }

 private:
  // The first of two parameters of one name counts: what comes later may have been added by somebody else.
  static void keep(Challenge& challenge, std::string_view name, std::string value) {
    if (challenge.parameters.size() < kMostParameters)
      challenge.parameters.emplace(base::to_lower(name), std::move(value));
  }

  bool skip_separators() {
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == ',')) rest_.remove_prefix(1);
    return !rest_.empty();
  }
  void skip_spaces() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view token() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_character);
    return take(static_cast<std::size_t>(end - rest_.begin()));
  }

  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  // "=", with spaces around it or not.
  bool take_equals() {
    const std::string_view before = rest_;
    skip_spaces();
    if (!rest_.empty() && rest_.front() == '=') {
      rest_.remove_prefix(1);
      skip_spaces();
      return true;
    }
    rest_ = before;
    return false;
  }

  std::string read_value() {
    if (!rest_.empty() && rest_.front() == '"') return quoted();
    return std::string(take(std::min(rest_.find_first_of(", \t\""), rest_.size())));
  }

  std::string quoted() {
    std::string value;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      char c = take(1).front();
      if (c == '"') return value;
      if (c == '\\' && !rest_.empty()) c = take(1).front();
      value += c;
    }
    return value;
  }

  // What stands alone behind a scheme: "Negotiate YII=", not "Basic realm=x" nor "Basic, Bearer".
  std::string token68() {
    const std::string_view before = rest_;
    skip_spaces();
    const std::string_view word = take(std::min(rest_.find_first_of(", \t"), rest_.size()));
    const std::string_view next = next_after_spaces();
    const std::size_t equals = word.find('=');
    const bool padded =
        equals == std::string_view::npos || word.find_first_not_of('=', equals) == std::string_view::npos;
    const bool alone = next.empty() || next.front() == ',';
    if (!word.empty() && padded && alone && is_token68(word)) return std::string(word);
    rest_ = before;
    return "";
  }

  std::string_view next_after_spaces() const {
    return rest_.substr(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }

  static bool is_token68(std::string_view word) {
    return std::all_of(word.begin(), word.end(),
                       [](char c) { return is_token_character(c) || c == '/' || c == '='; });
  }

  std::string_view rest_;
};

}  // namespace

std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& fields) {
  std::vector<Challenge> challenges;
  for (const std::string_view field : fields) ChallengeReader(field).read(challenges);
  return challenges;
}

}  // namespace ixian::registry_auth
