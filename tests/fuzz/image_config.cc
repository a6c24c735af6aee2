// Image configs: read and written again, they say the same.
#include "oci/image_config.h"

#include <stdexcept>

#include "fuzz.h"

namespace ixian::oci {
namespace {

// nullopt-like: an empty document where it is refused.
ImageConfig parse(std::string_view bytes) {
  try {
    return parse_image_config(bytes);
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(fuzz::is_message(error.what()));
    return {};
  }
}

void check(const ImageConfig& config) {
  const std::string bytes = to_bytes(config);
  const ImageConfig again = parse_image_config(bytes);
  FUZZ_CHECK(again.platform == config.platform);
  FUZZ_CHECK(again.created == config.created);
  FUZZ_CHECK(again.diff_ids == config.diff_ids);
  FUZZ_CHECK(again.history == config.history);
  FUZZ_CHECK(again.runtime() == config.runtime());
  FUZZ_CHECK(to_bytes(again) == bytes);
  FUZZ_CHECK(config.runtime().is_object());
  for (const auto& [key, value] : config.document.items()) {
    FUZZ_CHECK(again.document.contains(key) || value.is_null() || value.empty() || value == "");
  }
  for (const Digest& digest : config.diff_ids) {
    FUZZ_CHECK(digest.text().find_first_of("/.") == std::string::npos);
  }
}

}  // namespace
}  // namespace ixian::oci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ixian::oci::ImageConfig config = ixian::oci::parse(ixian::fuzz::text_of(data, size));
  if (!config.document.is_null()) ixian::oci::check(config);
  return 0;
}
