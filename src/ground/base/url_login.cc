#include "base/url_login.h"

#include <algorithm>

namespace ixian::base {

LoginRange find_login(std::string_view text, std::size_t from) {
  const std::size_t scheme = text.find("://", from);
  if (scheme == std::string_view::npos) return {};
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(text.find_first_of("/?# \t\r\n\"'", begin), text.size());
  const std::size_t at = text.substr(begin, end - begin).rfind('@');
  return at == std::string_view::npos ? LoginRange{begin, begin} : LoginRange{begin, begin + at};
}

std::string without_logins(std::string text) {
  for (LoginRange login = find_login(text, 0); login.begin != 0;
       login = find_login(text, std::max(login.begin, login.end))) {
    // A variable's name is no login yet.
    if (text.find('$', login.begin) < login.end) continue;
    for (std::size_t i = login.begin; i < login.end; ++i) {
      if (text[i] != ':') text[i] = 'x';
    }
  }
  return text;
}

}  // namespace ixian::base
