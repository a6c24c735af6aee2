#include "oci/made_for.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::oci {
namespace {

const std::string kOneKey(64, 'a');
const std::string kOtherKey(64, 'b');

RawManifest manifest_for(const std::string& key) {
  const Descriptor config{"application/vnd.oci.image.config.v1+json", Digest::of("{}"), 2, {}, {}, {}, {}};
  Manifest manifest{"application/vnd.oci.image.manifest.v1+json", config, {}, {}, "", {}};
  if (!key.empty()) manifest.annotations[std::string(kMadeFor)] = key;
  return raw(manifest);
}

TEST(MadeFor, FindsTheKeyInAStagesTagAlone) {
  EXPECT_EQ(key_in_tag("base-" + kOneKey), kOneKey);
  EXPECT_EQ(key_in_tag("my-cache-" + kOneKey), kOneKey);
  for (const std::string& tag : {"cache-" + kOneKey, "listing-" + kOneKey, "-" + kOneKey, kOneKey,
                                 std::string("1.4"), "base-" + kOneKey + "a", "base-" + std::string(64, 'A')})
    EXPECT_EQ(key_in_tag(tag), std::nullopt) << tag;
}

TEST(MadeFor, ComparesTheTagWithWhatTheManifestSays) {
  const std::string tag = "base-" + kOneKey;
  EXPECT_EQ(made_for(manifest_for(kOneKey), tag), MadeFor::kThisTag);
  EXPECT_EQ(made_for(manifest_for(kOtherKey), tag), MadeFor::kAnother);
  EXPECT_EQ(made_for(manifest_for(""), tag), MadeFor::kSaysNothing);
  EXPECT_EQ(made_for(manifest_for(kOtherKey), "1.4"), MadeFor::kThisTag);
  EXPECT_NO_THROW(check_made_for(manifest_for(""), "r", tag));
  EXPECT_THROW(check_made_for(manifest_for(kOtherKey), "r", tag), base::Error);
}

}  // namespace
}  // namespace ixian::oci
