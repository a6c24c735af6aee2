// Users and passwords in the URLs that a text holds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ixian::base {

// Where the user information of a URL stands in a text.
struct LoginRange {
  std::size_t begin = 0;  // 0: there is no URL
  std::size_t end = 0;
  bool empty() const { return end <= begin; }
};

// Of the first URL at `from` or behind it; empty where that has none.
LoginRange find_login(std::string_view text, std::size_t from);

// Any text, such as a line of a Dockerfile: users and passwords in its URLs become x, one for one, but for
// those that are variables.
std::string without_logins(std::string text);

}  // namespace ixian::base
