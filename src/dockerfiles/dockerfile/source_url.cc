// Addresses with logins: taken apart for whoever connects, and masked for everybody else (messages, keys,
// histories). In a query, where tokens stand too, only the fields that are known and harmless are shown.
#include "dockerfile/source_url.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/url_login.h"
#include "dockerfile/go_values.h"

namespace ixian::dockerfile {
namespace {

constexpr std::string_view kMask = "xxxxx";
constexpr std::array<std::string_view, 10> kShownFields = {
    "ref",    "tag",          "branch",     "subdir", "checksum",
    "commit", "keep-git-dir", "submodules", "mtime",  "fetch-by-commit"};

std::string shown_query(std::string_view query) {
  std::string shown;
  for (const std::string_view field : base::split(query, '&')) {
    if (!shown.empty()) shown += '&';
    const std::size_t equals = field.find('=');
    const std::string_view name = field.substr(0, equals);
    const bool known = std::find(kShownFields.begin(), kShownFields.end(), name) != kShownFields.end();
    if (known || field.empty()) {
      shown += field;
    } else if (equals == std::string_view::npos) {
      shown += kMask;
    } else {
      shown += name;
      shown += '=';
      shown += kMask;
    }
  }
  return shown;
}

}  // namespace

std::string url_decoded(std::string_view text, bool plus_is_space) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte =
        text[i] == '%' && i + 2 < text.size() ? parse_number(text.substr(i + 1, 2), 16, 255) : std::nullopt;
    if (byte) {
      result += static_cast<char>(static_cast<unsigned char>(*byte));
      i += 2;
    } else {
      result += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

UrlWithoutLogin without_login(std::string_view url) {
  const base::LoginRange info = base::find_login(url, 0);
  if (info.begin == 0 || url.substr(info.end, 1) != "@") return {std::string(url), {}};
  const std::string_view login = url.substr(info.begin, info.end - info.begin);
  const std::size_t colon = login.find(':');
  UrlWithoutLogin result{std::string(url.substr(0, info.begin)), {}};
  result.url += url.substr(info.end + 1);
  result.login.user = url_decoded(login.substr(0, colon));
  if (colon != std::string_view::npos) result.login.password = url_decoded(login.substr(colon + 1));
  return result;
}

std::string shown_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  std::string shown;
  if (const base::LoginRange info = base::find_login(url, 0); !info.empty()) {
    const std::string_view login = url.substr(info.begin, info.end - info.begin);
    shown = url.substr(0, info.begin);
    // The user of ssh is no secret, and everybody's the same.
    if (url.starts_with("ssh://")) {
      shown += login.substr(0, login.find(':'));
    } else {
      shown += kMask;
    }
    if (login.find(':') != std::string_view::npos) {
      shown += ':';
      shown += kMask;
    }
    url.remove_prefix(info.end);
  }
  const std::size_t hash = std::min(url.find('#'), url.size());
  const std::size_t mark = url.find('?');
  if (scheme == std::string_view::npos || mark >= hash) return shown + std::string(url);
  shown += url.substr(0, mark + 1);
  shown += shown_query(url.substr(mark + 1, hash - mark - 1));
  return shown + std::string(url.substr(hash));
}

}  // namespace ixian::dockerfile
