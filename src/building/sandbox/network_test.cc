#include "sandbox/network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "testing/child_process.h"
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

TEST(Network, PartsOfTheResolversConfigurationAreReplaced) {
  const std::string machine = "# a comment\nsearch example.org\nnameserver 192.0.2.1\noptions edns0\n";
  EXPECT_EQ(resolv_conf_with(machine, {}), machine);
  EXPECT_EQ(resolv_conf_with(machine, {{"192.0.2.7", "2001:db8::1"}, {}, {}}),
            "# a comment\nsearch example.org\noptions edns0\nnameserver 192.0.2.7\nnameserver 2001:db8::1\n");
  EXPECT_EQ(resolv_conf_with(machine, {{}, {"a.org", "b.org"}, {"ndots:2"}}),
            "# a comment\nnameserver 192.0.2.1\nsearch a.org b.org\noptions ndots:2\n");
  EXPECT_EQ(resolv_conf_with(machine, {{}, {"."}, {}}), "# a comment\nnameserver 192.0.2.1\noptions edns0\n");
}

TEST(Network, WithoutAHelperThereIsAnErrorAndNotTheMachinesNetwork) {
  IXIAN_SKIP_WITHOUT_ISOLATED_NETWORK();
  const testing::TempFolder folder;
  const testing::WithVariable path("PATH", folder.path());
  try {
    const NetworkPlan plan =
        plan_network(Network::kIsolated, folder.write("network", ""), "what there is to choose");
    GTEST_SKIP() << "this machine has no way out that a helper could lead to";
  } catch (const base::Error& error) {
    if (error.code() == base::ErrorCode::kTaskFailed) GTEST_SKIP() << error.message();
    EXPECT_NE(error.context().find("passt"), std::string::npos) << error.context();
    EXPECT_NE(error.context().find("what there is to choose"), std::string::npos) << error.context();
  }
}

// A machine of its own for the test: a network namespace with a way out, an address beyond it that answers,
// and a loopback that must not be reached.
class Egress : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Helpers, Egress, ::testing::Values("pasta", "slirp4netns"),
                         [](const auto& param_info) { return param_info.param; });

int listen_on(const char* address) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_port = htons(8765);
  ::inet_pton(AF_INET, address, &where.sin_addr);
  if (::bind(server, reinterpret_cast<sockaddr*>(&where), sizeof(where)) != 0 || ::listen(server, 8) != 0)
    return -1;
  return server;
}

// As long as the parent lives.
[[noreturn]] void hang_up_on_all(std::array<int, 2> servers) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd waiting[2] = {{servers[0], POLLIN, 0}, {servers[1], POLLIN, 0}};
  while (::poll(waiting, 2, -1) >= 0) {
    for (const auto& server : waiting) {
      if (server.revents != 0) ::close(::accept(server.fd, nullptr, nullptr));
    }
  }
  ::_exit(1);
}

TEST_P(Egress, OthersAreReachedAndTheMachinesLoopbackIsNot) {
  IXIAN_SKIP_WITHOUT_SANDBOX();
  if (process::namespaces().privileges != process::UserMode::kRoot)
    GTEST_SKIP() << "a network of its own takes root";
  for (const char* program : {GetParam(), "ip", "runc"}) {
    if (!testing::on_path(program)) GTEST_SKIP() << program << " is not installed";
  }
  const testing::TempFolder folder;
  testing::ChildProcess machine([&](testing::ChildProcess&) {
    if (::unshare(CLONE_NEWNET) != 0 ||
        std::system(
            "ip link set lo up && ip tuntap add dev way mode tap && ip addr add 192.0.2.2/24 dev way && "
            "ip link set way up && ip route add default via 192.0.2.1 && "
            "ip addr add 198.51.100.1/32 dev lo") != 0) {
      return 77;
    }
    const int far = listen_on("198.51.100.1");
    const int loopback = listen_on("127.0.0.1");
    if (far < 0 || loopback < 0) return 78;
    if (::fork() == 0) hang_up_on_all({far, loopback});
    // Only the helper that is meant may be found.
    for (const char* program : {GetParam(), "runc"}) {
      for (const char* place : {"/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"}) {
        std::error_code ignored;
        const std::string file = std::string(place) + program;
        if (std::filesystem::exists(file)) std::filesystem::create_symlink(file, folder / program, ignored);
      }
    }
    ::setenv("PATH", folder.path().c_str(), 1);
    testing::RunInBusybox box;
    box.spec.network = Network::kIsolated;
    const int code = box.sh(
        "timeout 10 nc -w 5 198.51.100.1 8765 </dev/null && echo far; for a in 127.0.0.1 192.0.2.1 10.0.2.2; "
        "do "
        "timeout 2 nc -w 1 $a 8765 </dev/null && echo near; done; exit 3");
    std::ofstream(folder / "said") << box.output() << code;
    return 0;
  });
  const int code = machine.wait();
  if (code == 77) GTEST_SKIP() << "no network devices can be made here";
  EXPECT_EQ(code, 0);
  const std::string said = folder.read("said");
  EXPECT_NE(said.find("far\n"), std::string::npos) << said;
  EXPECT_EQ(said.find("near"), std::string::npos) << said;
}

}  // namespace
}  // namespace ixian::sandbox
