// Manifests and indexes: whatever a registry answers, there is one reading of it, or none.
#include "oci/manifest.h"

#include <optional>
#include <stdexcept>

#include "fuzz.h"
#include "oci/media_types.h"

namespace ixian::oci {
namespace {

std::optional<AnyManifest> parse(std::string_view bytes, std::string_view media_type) {
  try {
    return parse_manifest(bytes, media_type);
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(fuzz::is_message(error.what()));
    return std::nullopt;
  }
}

constexpr std::uint64_t kLargest = INT64_MAX;

void check_descriptor(const Descriptor& descriptor, std::uint64_t& total) {
  FUZZ_CHECK(descriptor.size <= kLargest - total);
  total += descriptor.size;
  FUZZ_CHECK(Digest::parse(descriptor.digest.text()) == descriptor.digest);
  FUZZ_CHECK(descriptor.digest.text().find_first_of("/.") == std::string::npos);
  FUZZ_CHECK(descriptor.media_type.find_first_of("\r\n") == std::string::npos);
  FUZZ_CHECK(descriptor_from_json(to_json(descriptor), "x") == descriptor);
}

void check_content(const Manifest& manifest) {
  FUZZ_CHECK(is_manifest_type(manifest.media_type));
  FUZZ_CHECK(manifest.layers.size() <= 4096);
  std::uint64_t total = 0;
  check_descriptor(manifest.config, total);
  for (const Descriptor& layer : manifest.layers) check_descriptor(layer, total);
}

void check_content(const Index& index) {
  FUZZ_CHECK(is_index_type(index.media_type));
  FUZZ_CHECK(index.manifests.size() <= 4096);
  std::uint64_t total = 0;
  for (const Descriptor& entry : index.manifests) check_descriptor(entry, total);
  FUZZ_CHECK(fuzz::is_message(platforms(index).substr(0, 2000)));
  const Platform wanted{
      .os = "linux", .architecture = "arm", .variant = "v7", .os_version = "", .os_features = {}};
  const Descriptor* chosen = choose(index, wanted);
  if (chosen == nullptr) return;
  FUZZ_CHECK(chosen >= index.manifests.data() && chosen < index.manifests.data() + index.manifests.size());
  FUZZ_CHECK(!chosen->platform || chosen->platform->os != "unknown" ||
             chosen->platform->architecture != "unknown");
}

// To bytes and back, and what the bytes are announced as makes no difference to what they say.
template <typename Document>
void check(const Document& document, std::string_view bytes, std::string_view other_kind) {
  check_content(document);
  const RawManifest travels = raw(document);
  FUZZ_CHECK(travels.descriptor.digest == Digest::of(travels.bytes));
  FUZZ_CHECK(travels.descriptor.size == travels.bytes.size());
  FUZZ_CHECK(std::get<Document>(travels.parsed()) == document);
  FUZZ_CHECK(to_bytes(std::get<Document>(travels.parsed())) == travels.bytes);
  const auto announced = parse(bytes, document.media_type);
  FUZZ_CHECK(announced && std::get<Document>(*announced) == document);
  FUZZ_CHECK(!parse(bytes, other_kind));
}

}  // namespace
}  // namespace ixian::oci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ixian::oci;
  const std::string_view bytes = ixian::fuzz::text_of(data, size);
  const auto document = parse(bytes, "");
  if (!document) return 0;
  if (const auto* manifest = std::get_if<Manifest>(&*document)) {
    check(*manifest, bytes, kOciIndex);
    check(*manifest, bytes, kDockerList);
  } else {
    check(std::get<Index>(*document), bytes, kOciManifest);
    check(std::get<Index>(*document), bytes, kDockerManifest);
  }
  return 0;
}
