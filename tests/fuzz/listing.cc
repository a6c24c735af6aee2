// The stored form of a layer's listing: damage is noticed, and what is read is what would be written.
#include "layer/listing.h"

#include <stdexcept>

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ixian;
  // What stands before the check, which no mutation would hit.
  std::string bytes(fuzz::text_of(data, size));
  bytes += layer::listing_check(bytes);
  try {
    const auto listing = layer::LayerListing::parse(bytes);
    FUZZ_CHECK(layer::LayerListing::parse(listing.serialise()) == listing);
    for (const auto& entry : listing.entries()) FUZZ_CHECK(layer::listed_path(entry.path) == entry.path);
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(fuzz::is_message(error.what()));
  }
  return 0;
}
