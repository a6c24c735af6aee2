// The header Link of RFC 8288, read as strictly as paging needs it: a list whose next part is overlooked
// would look complete. So what cannot be read is an error, not the end.
#include "registry/link.h"

#include <algorithm>
#include <stdexcept>

#include "base/text.h"

namespace ixian::registry {
namespace {

// One field: <target>;name=value;name="value", <target>… Angle brackets and quotes may hold commas and
// semicolons.
class LinkReader {
 public:
  explicit LinkReader(std::string_view text) : field_(text), rest_(text) {}

  std::optional<std::string> next() {
    while (skip_to_link()) {
      if (rest_.front() != '<') refuse();
      rest_.remove_prefix(1);
      const std::size_t close = rest_.find('>');
      if (close == std::string_view::npos) refuse();
      const std::string_view target = rest_.substr(0, close);
      rest_.remove_prefix(close + 1);
      if (parameters_name_next()) return std::string(base::trim(target));
    }
    return std::nullopt;
  }

 private:
  [[noreturn]] void refuse() const {
    constexpr std::size_t kShown = 200;
    throw std::invalid_argument(base::printable_path(field_.substr(0, kShown)));
  }

  // Empty links between commas are allowed (RFC 9110 section 5.6.1).
  bool skip_to_link() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t,"), rest_.size()));
    return !rest_.empty();
  }

  // Reads up to the comma that ends this link. Only the first rel counts (RFC 8288 section 3.3).
  bool parameters_name_next() {
    std::optional<bool> is_next;
    while (skip_spaces() && rest_.front() != ',') {
      if (rest_.front() != ';') refuse();
      rest_.remove_prefix(1);
      const auto [name, value] = parameter();
      if (!is_next && base::to_lower(name) == "rel") is_next = has_word(value, "next");
    }
    return is_next.value_or(false);
  }

  bool skip_spaces() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    return !rest_.empty();
  }

  std::pair<std::string_view, std::string> parameter() {
    skip_spaces();
    const std::string_view name = take_until("=;, \t");
    if (!skip_spaces() || rest_.front() != '=') return {name, ""};
    rest_.remove_prefix(1);
    if (!skip_spaces()) return {name, ""};
    return {name, rest_.front() == '"' ? quoted() : std::string(take_until(";, \t"))};
  }

  std::string_view take_until(std::string_view ends) {
    const std::string_view taken = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string quoted() {
    std::string value;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return value;
      if (c == '\\' && !rest_.empty()) {
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      value += c;
    }
    refuse();
  }

  static bool has_word(std::string_view text, std::string_view wanted) {
    for (const std::string_view word : base::split(text, ' '))
      if (base::to_lower(word) == wanted) return true;
    return false;
  }

  const std::string_view field_;
  std::string_view rest_;
};

}  // namespace

std::optional<std::string> next_link(const std::vector<std::string_view>& fields) {
  for (const std::string_view field : fields)
    if (const auto target = LinkReader(field).next()) return target;
  return std::nullopt;
}

}  // namespace ixian::registry
