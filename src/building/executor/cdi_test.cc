#include "executor/cdi.h"

#include <gtest/gtest.h>

#include "testing/temp_folder.h"

namespace ixian::executor {
namespace {

constexpr const char* kSpec = R"({
  "cdiVersion": "0.6.0", "kind": "vendor.com/gpu",
  "containerEdits": {"env": ["ALL=1"]},
  "devices": [
    {"name": "0", "containerEdits": {"deviceNodes": [{"path": "/dev/gpu0", "hostPath": "/dev/null"}]}},
    {"name": "1", "containerEdits": {
      "deviceNodes": [{"path": "/dev/gpu1"}, {"path": "relative"}, 7],
      "mounts": [{"hostPath": "/usr/lib/x", "containerPath": "/x", "options": ["ro", "bind"]}],
      "hooks": [{"hookName": "createContainer", "path": "/bin/x"}]}}]})";

TEST(Cdi, FindsDevicesByTheirNames) {
  const ixian::testing::TempFolder folder;
  folder.write("gpu.json", kSpec);
  folder.write("broken.json", "{");
  folder.write("gpu.yaml", "kind: other.com/gpu");
  const auto specs = cdi_specs({folder / "none", folder.path()});
  ASSERT_EQ(specs.size(), 1u);
  const auto one = find_devices(specs, "vendor.com/gpu=1");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].environment[0].first, "ALL");
  ASSERT_EQ(one[0].nodes.size(), 1u);
  EXPECT_EQ(one[0].nodes[0].source, "/dev/gpu1");
  EXPECT_EQ(one[0].mounts[0].target, "/x");
  EXPECT_TRUE(one[0].mounts[0].read_only);
  EXPECT_TRUE(one[0].has_hooks);
  EXPECT_EQ(find_devices(specs, "vendor.com/gpu=*").size(), 2u);
  ASSERT_EQ(find_devices(specs, "vendor.com/gpu").size(), 1u);
  EXPECT_EQ(find_devices(specs, "vendor.com/gpu")[0].nodes[0].source, "/dev/null");
  EXPECT_TRUE(find_devices(specs, "vendor.com/gpu=2").empty());
  EXPECT_TRUE(find_devices(specs, "other.com/gpu=1").empty());
}

}  // namespace
}  // namespace ixian::executor
