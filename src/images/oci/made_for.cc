// An image of a stage has its stage key in its tag, and its manifest says so in an annotation, which its
// digest covers. A tag can be moved by whoever may push, and the manifest cannot be changed: so a tag is
// believed only if both agree. Images of others say nothing, and are taken as they are.
#include "oci/made_for.h"

#include <stdexcept>
#include <variant>

#include "base/error.h"

namespace ixian::oci {
namespace {

constexpr std::size_t kKeySize = 64;

// "" where it says nothing.
std::string key_said(const RawManifest& manifest) {
  try {
    const AnyManifest parsed = manifest.parsed();
    const auto& annotations = std::visit(
        [](const auto& each) -> const std::map<std::string, std::string>& { return each.annotations; },
        parsed);
    const auto found = annotations.find(std::string(kMadeFor));
    return found == annotations.end() ? "" : found->second;
  } catch (const std::invalid_argument&) {
    return "";  // whoever uses it says what is wrong with it
  }
}

}  // namespace

std::optional<std::string> key_in_tag(std::string_view tag) {
  if (tag.size() < kKeySize + 2) return std::nullopt;
  const std::string_view key = tag.substr(tag.size() - kKeySize);
  if (tag[tag.size() - kKeySize - 1] != '-') return std::nullopt;
  if (key.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  // They have keys in their tags too, which are not those of an image.
  for (const std::string_view other : {"cache-", "listing-"}) {
    if (tag.starts_with(other) && tag.size() == other.size() + kKeySize) return std::nullopt;
  }
  return std::string(key);
}

MadeFor made_for(const RawManifest& manifest, std::string_view tag) {
  const auto key = key_in_tag(tag);
  if (!key) return MadeFor::kThisTag;
  const std::string said = key_said(manifest);
  if (said.empty()) return MadeFor::kSaysNothing;
  return said == *key ? MadeFor::kThisTag : MadeFor::kAnother;
}

void check_made_for(const RawManifest& manifest, const std::string& repository, const std::string& tag) {
  if (made_for(manifest, tag) != MadeFor::kAnother) return;
  throw base::Error(
      base::ErrorCode::kRegistry,
      repository + ":" + tag + " is not the image that its tag says: its manifest was built for the key " +
          key_said(manifest) + "\nhint: somebody has moved this tag; remove it and build again");
}

}  // namespace ixian::oci
