// What a server says when it refuses; the first line is its Content-Type. Shown to users, so never long and
// never anything that steers a terminal.
#include "registry_auth/error_body.h"

#include "base/utf8.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = ixian::fuzz::text_of(data, size);
  const std::size_t end = text.find('\n');
  const std::string_view body = end == std::string_view::npos ? "" : text.substr(end + 1);
  const auto errors = ixian::registry_auth::parse_error_body(body, text.substr(0, end));
  FUZZ_CHECK(errors.size() <= 16);
  for (const auto& error : errors) {
    FUZZ_CHECK(error.code.size() <= 128);
    FUZZ_CHECK(error.code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos);
    FUZZ_CHECK(error.message.size() <= 2000);
    for (std::string_view rest = error.message; !rest.empty();) {
      const std::size_t length = ixian::base::utf8_length(rest);
      FUZZ_CHECK(length > 0);
      FUZZ_CHECK(length > 1 || (static_cast<unsigned char>(rest[0]) >= 0x20 && rest[0] != 0x7f));
      rest.remove_prefix(length);
    }
  }
  return 0;
}
