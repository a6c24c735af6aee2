// WWW-Authenticate, one field a line: never throws, and what was understood can be said so that it is
// understood again.
#include "registry_auth/challenge.h"

#include "base/text.h"
#include "fuzz.h"

namespace ixian::registry_auth {
namespace {

std::string quoted(std::string_view value) {
  std::string result = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string spelt(const Challenge& challenge) {
  std::string result = challenge.scheme;
  if (!challenge.token68.empty()) result += " " + challenge.token68;
  std::string_view separator = " ";
  for (const auto& [name, value] : challenge.parameters) {
    result += std::string(separator) + name + "=" + quoted(value);
    separator = ", ";
  }
  return result;
}

void check(const Challenge& challenge, std::size_t size) {
  FUZZ_CHECK(!challenge.scheme.empty());
  FUZZ_CHECK(challenge.scheme == base::to_lower(challenge.scheme));
  FUZZ_CHECK(challenge.scheme.find_first_of(" \t,=\"\r\n") == std::string::npos);
  FUZZ_CHECK(challenge.scheme.size() + challenge.token68.size() <= size);
  for (const auto& [name, value] : challenge.parameters) {
    FUZZ_CHECK(!name.empty() && name == base::to_lower(name));
    FUZZ_CHECK(name.find_first_of(" \t,=\"\r\n") == std::string::npos);
    FUZZ_CHECK(name.size() + value.size() <= size);
  }
  if (!challenge.token68.empty() && !challenge.parameters.empty()) return;  // cannot be spelt in one way
  const auto again = parse_challenges({spelt(challenge)});
  FUZZ_CHECK(again.size() == 1);
  FUZZ_CHECK(again[0].scheme == challenge.scheme);
  FUZZ_CHECK(again[0].token68 == challenge.token68);
  FUZZ_CHECK(again[0].parameters == challenge.parameters);
}

}  // namespace
}  // namespace ixian::registry_auth

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fields = ixian::fuzz::lines_of(ixian::fuzz::text_of(data, size));
  for (const auto& challenge : ixian::registry_auth::parse_challenges(fields)) {
    ixian::registry_auth::check(challenge, size);
  }
  return 0;
}
