#include "process/core_dumps.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/subprocess.h"

namespace ixian::process {
namespace {

// In a process of its own, since there is no way back. Returns its exit code.
template <typename Body>
int in_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(CoreDumps, AreLimitedToTheByteThatKeepsHandlersAwayToo) {
  EXPECT_EQ(in_child([] {
              const rlimit before = {1 << 20, RLIM_INFINITY};
              if (::setrlimit(RLIMIT_CORE, &before) != 0) return 0;  // this machine allows none to begin with
              forbid_core_dumps();
              rlimit now = {};
              ::getrlimit(RLIMIT_CORE, &now);
              return now.rlim_cur == 1 && now.rlim_max == RLIM_INFINITY ? 0 : 1;
            }),
            0);
}

TEST(CoreDumps, OfProgramsThatAreStartedStayAsTheyWere) {
  EXPECT_EQ(in_child([] {
              rlimit before = {};
              ::getrlimit(RLIMIT_CORE, &before);
              const rlim_t ours = before.rlim_max == RLIM_INFINITY ? 512 * 1024 : before.rlim_max;
              before.rlim_cur = ours;
              ::setrlimit(RLIMIT_CORE, &before);
              forbid_core_dumps();
              base::Cancellation cancellation;
              std::string answer;
              run_command({{"/bin/sh", "-c", "grep 'Max core' /proc/self/limits"},
                           {},
                           "",
                           [&](std::string_view line) { answer += line; }},
                          cancellation);
              return answer.find(" " + std::to_string(ours) + " ") != std::string::npos ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace ixian::process
