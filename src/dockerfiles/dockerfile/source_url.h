// URLs as Dockerfiles have them, which may hold logins: what is asked, and what may be shown.
#pragma once

#include <string>
#include <string_view>

namespace ixian::dockerfile {

// The user information of a URL, decoded.
struct Login {
  std::string user;
  std::string password;
  bool empty() const { return user.empty() && password.empty(); }
  friend bool operator==(const Login&, const Login&) = default;
};

struct UrlWithoutLogin {
  std::string url;
  Login login;
};

// "scheme://user:password@host/path" taken apart; any other text has no login.
UrlWithoutLogin without_login(std::string_view url);

// A source of ADD as messages and the history of an image call it: "xxxxx" in place of user and password, and
// of what a query says, but for what queries of git sources have. Bytes are as they were.
std::string shown_url(std::string_view url);

// %41 becomes A.
std::string url_decoded(std::string_view text, bool plus_is_space = false);

}  // namespace ixian::dockerfile
