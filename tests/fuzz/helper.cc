// What credential helpers print and docker configs hold: a credential that can be used, none, or a reason
// that holds nothing of it.
#include <stdexcept>

#include "auth/docker_config.h"
#include "fuzz.h"

namespace ixian::auth {
namespace {

bool usable(const Credential& credential) {
  return !credential.password.empty() || !credential.identity_token.empty() || !credential.bearer.empty();
}

}  // namespace
}  // namespace ixian::auth

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ixian;
  const std::string text(fuzz::text_of(data, size));
  try {
    const auto credential = auth::parse_helper_answer(text);
    FUZZ_CHECK(!credential || auth::usable(*credential));
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(fuzz::is_discreet_message(error.what()));
  }
  const auto credential = auth::parse_auth_entry(text);
  FUZZ_CHECK(!credential || auth::usable(*credential));
  FUZZ_CHECK(!credential || credential->username.find('\0') == std::string::npos);
  return 0;
}
