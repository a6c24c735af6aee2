// URLs: the first line is a base, the second a reference seen from it. What parses is spelt in one way, and
// nothing that a server writes leads to another scheme or smuggles a second host.
#include "http/url.h"

#include "fuzz.h"

namespace ixian::http {
namespace {

bool is_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(end);
  }
  return false;
}

void check(const Url& url) {
  FUZZ_CHECK(url.scheme == "http" || url.scheme == "https");
  FUZZ_CHECK(!url.host.empty() && url.host.find_first_of("/@#?%[] ") == std::string::npos);
  FUZZ_CHECK(url.port > 0 && url.port <= 65535);
  FUZZ_CHECK(url.path.starts_with('/') && url.path.find_first_of("?# \r\n") == std::string::npos);
  FUZZ_CHECK(url.query.find_first_of("# \r\n") == std::string::npos);
  FUZZ_CHECK(parse_url(url.text()) == url);
  FUZZ_CHECK(same_origin(url, url));
  FUZZ_CHECK(url.text().starts_with(url.origin() + "/"));
  FUZZ_CHECK(!is_loopback(url.host) || is_private_address(url.host));
}

void check_encoding(std::string_view text) {
  const std::string encoded = url_encode(text);
  FUZZ_CHECK(encoded.find_first_not_of(
                 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%") == std::string::npos);
  const auto url = parse_url(with_query("https://example.com/a", "n", text));
  FUZZ_CHECK(url && url->query == "n=" + encoded);
}

}  // namespace
}  // namespace ixian::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ixian::http;
  const std::string_view text = ixian::fuzz::text_of(data, size);
  const std::size_t end = text.find('\n');
  const std::string_view reference = end == std::string_view::npos ? text : text.substr(end + 1);
  const auto typed = parse_url(text.substr(0, end));
  if (typed) check(*typed);
  is_private_address(text);
  check_encoding(text);

  const auto base = typed ? typed : parse_url("https://registry.example.com:5000/v2/a/b?c=d");
  FUZZ_CHECK(base);
  const auto resolved = resolve_url(*base, reference);
  if (!resolved) return 0;
  check(*resolved);
  if (!reference.empty() && resolved->path != base->path) FUZZ_CHECK(!is_dot_segment(resolved->path));
  return 0;
}
