// Indexes that name what is not there, what is something else, or themselves.
#include <gtest/gtest.h>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

class IndexFault : public ::testing::Test {
 protected:
  // Stores an index over what these descriptors say, and gives its own.
  base::Json store_index(const base::Json& entries, const std::string& tag = "") {
    const std::string bytes =
        base::Json{{"schemaVersion", 2}, {"mediaType", oci::kOciIndex}, {"manifests", entries}}.dump();
    scene.registry.store().add_manifest(kRepository, tag, std::string(oci::kOciIndex), bytes);
    return descriptor_of(oci::kOciIndex, bytes);
  }
  base::Json entry() const {
    base::Json made = descriptor_of(oci::kOciManifest, scene.image.bytes());
    made["platform"] = {{"os", "linux"}, {"architecture", "amd64"}};
    return made;
  }
  Outcome pull_all() {
    oci::CopyOptions options;
    options.whole_index = true;
    return scene.pull("1", options);
  }
  FaultFixture scene;
};

TEST_F(IndexFault, AWholeIndexArrives) {
  scene.hold_image_in_registry();
  const base::Json index = store_index(base::Json::array({entry()}), "1");
  const Outcome outcome = pull_all();
  ASSERT_FALSE(outcome.error) << outcome.error->message();
  EXPECT_EQ(scene.memory.find("copied")->digest.text(), index["digest"]);
  EXPECT_TRUE(scene.memory.find(scene.image.digest()));
}

TEST_F(IndexFault, ARingEnds) {
  // No digest can be part of what it is the digest of, so the registry has to lie.
  const base::Json inner = store_index(base::Json::array());
  store_index(base::Json::array({inner}), "1");
  scene.registry.rule("GET|HEAD", "/manifests/" + inner["digest"].get<std::string>(), [](Exchange& exchange) {
    ServerRequest outer = exchange.request;
    outer.path = "/v2/" + std::string(kRepository) + "/manifests/1";
    exchange.send(exchange.serve(outer));
  });
  scene.expect_not_pulled(pull_all());
  EXPECT_LT(scene.registry.requests().size(), 60u);
}

TEST_F(IndexFault, OneThatNestsDeepIsRefused) {
  scene.hold_image_in_registry();
  base::Json inside = entry();
  for (int depth = 0; depth < 40; ++depth) inside = store_index(base::Json::array({inside}));
  store_index(base::Json::array({inside}), "1");
  scene.expect_not_pulled(pull_all());
  EXPECT_LT(scene.registry.requests().size(), 60u);
}

TEST_F(IndexFault, AnEntryOfAnotherSizeIsRefused) {
  scene.hold_image_in_registry();
  base::Json wrong = entry();
  wrong["size"] = wrong["size"].get<int>() + 1;
  store_index(base::Json::array({wrong}), "1");
  scene.expect_not_pulled(pull_all());
  scene.expect_not_pulled(scene.pull());
}

TEST_F(IndexFault, AnEntryThatIsMissingIsNamed) {
  store_index(base::Json::array({entry()}), "1");
  scene.expect_not_pulled(pull_all());
  scene.expect_not_pulled(scene.pull());
}

TEST_F(IndexFault, AnEntryWhoseManifestIsAnIndexIsNotTakenForAnImage) {
  scene.hold_image_in_registry();
  const base::Json inner = store_index(base::Json::array({entry()}));
  base::Json wrong = inner;
  wrong["mediaType"] = oci::kOciManifest;
  wrong["platform"] = entry()["platform"];
  store_index(base::Json::array({wrong}), "1");
  scene.expect_not_pulled(scene.pull());
}

TEST_F(IndexFault, NothingForThisPlatformSaysWhatThereIs) {
  scene.hold_image_in_registry();
  base::Json other = entry();
  other["platform"]["architecture"] = "riscv64";
  store_index(base::Json::array({other}), "1");
  scene.expect_not_pulled(scene.pull(), "linux/riscv64");
}

}  // namespace
}  // namespace ixian::testing
