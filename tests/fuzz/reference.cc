// References, digests and platforms: what a user types, and what ends up in paths and URLs.
#include "oci/reference.h"

#include "base/error.h"
#include "fuzz.h"
#include "oci/platform.h"

namespace ixian::oci {
namespace {

void check_digest(std::string_view text) {
  const auto digest = Digest::parse(text);
  if (!digest) return;
  FUZZ_CHECK(digest->text() == text);
  FUZZ_CHECK(text.find_first_not_of("0123456789abcdef", 7) == std::string_view::npos);
  FUZZ_CHECK(text.find_first_of("/.") == std::string_view::npos);
  FUZZ_CHECK(digest->text() == std::string(digest->algorithm()) + ":" + std::string(digest->hex()));
}

void check_reference(std::string_view text) {
  try {
    const Reference reference = parse_reference(text);
    FUZZ_CHECK(parse_reference(reference.text()) == reference);
    FUZZ_CHECK(is_valid_host(reference.host));
    FUZZ_CHECK(is_valid_repository(reference.repository));
    FUZZ_CHECK(reference.tag.empty() || is_valid_tag(reference.tag));
    FUZZ_CHECK(reference.name().size() <= 255);
    FUZZ_CHECK(reference.repository.find("..") == std::string::npos);
    FUZZ_CHECK(!reference.identifier().empty());
    FUZZ_CHECK(!reference.digest || reference.identifier() == reference.digest->text());
    if (reference.digest) check_digest(reference.digest->text());
  } catch (const base::Error& error) {
    FUZZ_CHECK(error.code() == base::ErrorCode::kUsage);
    FUZZ_CHECK(fuzz::is_message(error.message()));
  }
}

void check_platform(std::string_view text) {
  try {
    const Platform platform = parse_platform(text);
    FUZZ_CHECK(parse_platform(platform.text()) == platform);
    FUZZ_CHECK(platform_from_json(to_json(platform)) == platform);
    const bool unknown = platform.os == "unknown" || platform.architecture == "unknown";
    FUZZ_CHECK((match(platform, platform) > 0) == !unknown);
  } catch (const base::Error& error) {
    FUZZ_CHECK(error.code() == base::ErrorCode::kUsage);
    FUZZ_CHECK(fuzz::is_message(error.message()));
  }
}

}  // namespace
}  // namespace ixian::oci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = ixian::fuzz::text_of(data, size);
  ixian::oci::check_digest(text);
  ixian::oci::check_reference(text);
  ixian::oci::check_platform(text);
  return 0;
}
