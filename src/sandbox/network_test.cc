#include "sandbox/network.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/sandbox_fixture.h"

namespace ixian::sandbox {
namespace {

TEST(Network, NameServersOfThisMachineAreReplaced) {
  EXPECT_EQ(
      without_loopback("search example.org\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 192.0.2.1\n",
                       "169.254.1.1"),
      "search example.org\nnameserver 169.254.1.1\nnameserver 192.0.2.1\n");
  EXPECT_EQ(without_loopback("nameserver 192.0.2.1\n", "169.254.1.1"), "nameserver 192.0.2.1\n");
}

TEST(Network, WithoutAHelperThereIsAnErrorAndNotTheMachinesNetwork) {
  if (!testing::on_path("pasta") && !testing::on_path("slirp4netns"))
    GTEST_SKIP() << "there is no helper anyway";
  const testing::TempFolder folder;
  const testing::WithVariable path("PATH", folder.path());
  try {
    const NetworkPlan plan = plan_network(Network::kIsolated, folder.write("network", ""));
    GTEST_SKIP() << "this machine has no way out that a helper could lead to";
  } catch (const base::Error& error) {
    if (error.code() == base::ErrorCode::kTaskFailed) GTEST_SKIP() << error.message();
    EXPECT_NE(error.message().find("passt"), std::string::npos) << error.message();
    EXPECT_NE(error.message().find("--network=none"), std::string::npos) << error.message();
  }
}

}  // namespace
}  // namespace ixian::sandbox
