// Link, one field a line: it is refused with a line that shows it, or the target is a piece of what was sent,
// and leads to an http(s) URL or nowhere.
#include "registry/link.h"

#include <optional>
#include <stdexcept>

#include "fuzz.h"
#include "http/url.h"

namespace {

std::optional<std::string> next_link_of(std::string_view text) {
  try {
    return ixian::registry::next_link(ixian::fuzz::lines_of(text));
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(*error.what() == '\0' || ixian::fuzz::is_message(error.what()));
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = ixian::fuzz::text_of(data, size);
  const auto target = next_link_of(text);
  if (!target) return 0;
  FUZZ_CHECK(text.find(*target) != std::string_view::npos);
  FUZZ_CHECK(target->find_first_of(">\n") == std::string::npos);
  const std::string again = "<" + *target + ">; rel=\"next\"";
  FUZZ_CHECK(ixian::registry::next_link({again}) == target);

  const auto base = ixian::http::parse_url("https://registry.example.com/v2/app/tags/list?n=1");
  FUZZ_CHECK(base);
  const auto url = ixian::http::resolve_url(*base, *target);
  FUZZ_CHECK(!url || ixian::http::parse_url(url->text()) == url);
  return 0;
}
