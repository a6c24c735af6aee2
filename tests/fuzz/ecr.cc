// What Amazon ECR answers: a token, or a reason that holds nothing of it.
#include "aws/ecr.h"

#include <stdexcept>

#include "aws/service_error.h"
#include "fuzz.h"

namespace ixian::aws {
namespace {

void check_token(const std::string& json, bool is_public) {
  try {
    const EcrToken token = parse_token_answer(json, is_public);
    FUZZ_CHECK(!token.password.empty());
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(std::string_view(error.what()).size() < 200);
    FUZZ_CHECK(fuzz::is_discreet_message(error.what()));
  }
}

void check_host(std::string_view text) {
  const auto host = parse_ecr_host(text);
  if (!host) return;
  FUZZ_CHECK(!host->region.empty());
  FUZZ_CHECK(host->region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
  FUZZ_CHECK(host->is_public ? host->account.empty() : host->account.size() == 12);
  FUZZ_CHECK(host->account.find_first_not_of("0123456789") == std::string::npos);
}

}  // namespace
}  // namespace ixian::aws

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ixian;
  const std::string text(fuzz::text_of(data, size));
  aws::check_token(text, false);
  aws::check_token(text, true);
  aws::check_host(text);
  aws::parse_json_refusal(400, "", text);
  return 0;
}
