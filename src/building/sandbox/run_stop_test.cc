// What ends a RUN from outside: a request to stop, and the death of this program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>

#include <charconv>
#include <filesystem>
#include <optional>

#include "testing/child_process.h"
#include "testing/sandbox_fixture.h"

namespace ixian::sandbox {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;

// Those of tests; others come and go on the machine meanwhile.
std::vector<std::string> mounts_in(const std::string& folder) {
  std::ifstream file("/proc/self/mountinfo");
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) {
    if (line.find(folder) != std::string::npos) found.push_back(line);
  }
  return found;
}

// The process whose command line holds `text`, but for this one.
std::optional<pid_t> find_process(const std::string& text) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    pid_t pid = 0;
    const std::string name = entry.path().filename();
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc() || pid == ::getpid())
      continue;
    try {
      const auto line = files::read_file(entry.path() / "cmdline");
      if (line && line->find(text) != std::string::npos) return pid;
    } catch (const base::Error&) {  // it has ended meanwhile
    }
  }
  return std::nullopt;
}

class RunStop : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    IXIAN_SKIP_WITHOUT_SANDBOX();
    if (!testing::on_path(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
    const std::string program = std::string("/usr/sbin/") + GetParam();
    runtime_ =
        std::make_unique<testing::WithVariable>("IXIAN_RUNTIME", fs::exists(program) ? program : GetParam());
  }

  // Runs a script, and asks to stop when it writes its first line.
  void stop_at_first_line(const std::string& script) {
    box_.spec.args = {"/bin/sh", "-c", script};
    EXPECT_THROW(run(
                     box_.mount(), box_.spec,
                     [this](std::string_view line) {
                       box_.lines.emplace_back(line);
                       box_.cancellation.request();
                     },
                     box_.cancellation),
                 base::Cancelled);
  }

  // Of this test in this process.
  std::string mark() const { return "7" + std::to_string(::getpid()) + (GetParam()[0] == 'c' ? "1" : "2"); }

  std::unique_ptr<testing::WithVariable> runtime_;
  testing::RunInBusybox box_;
};

INSTANTIATE_TEST_SUITE_P(Runtimes, RunStop, ::testing::Values("crun", "runc"),
                         [](const auto& param_info) { return param_info.param; });

TEST_P(RunStop, ARequestIsPassedOn) {
  stop_at_first_line("trap 'echo stopped; exit 0' TERM; echo started; while :; do sleep 1; done");
  EXPECT_THAT(box_.lines, Contains("stopped"));
  EXPECT_EQ(box_.changes(), std::vector<std::string>{});
  EXPECT_EQ(mounts_in(box_.folder.path()), std::vector<std::string>{});
}

TEST_P(RunStop, WhoDoesNotObeyIsKilled) {
  box_.spec.grace = std::chrono::milliseconds(100);
  stop_at_first_line("trap '' TERM; echo started; sleep " + mark() + " & while :; do sleep " + mark() +
                     "; done");
  EXPECT_EQ(find_process(mark()), std::nullopt);
}

TEST_P(RunStop, NothingStartsAfterARequest) {
  box_.mount();
  box_.cancellation.request();
  EXPECT_THROW(box_.sh("echo started"), base::Cancelled);
  EXPECT_TRUE(box_.lines.empty());
}

TEST_P(RunStop, WhatRunsInTheBackgroundEndsWithTheCommand) {
  EXPECT_EQ(box_.sh("sleep " + mark() + " & echo done"), 0);
  EXPECT_EQ(find_process(mark()), std::nullopt);
}

TEST_P(RunStop, AKilledParentTakesEverythingWithIt) {
  const std::string own_mark = mark();
  std::optional<pid_t> inside;
  {
    testing::ChildProcess parent([&](testing::ChildProcess& self) {
      box_.spec.args = {"/bin/sh", "-c", "echo started; sleep " + own_mark + "; true"};
      // The mounts of this child are its own, as those of a program of its own would be.
      if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return 1;
      run(
          box_.mount(), box_.spec, [&](std::string_view) { self.say_ready(); }, box_.cancellation);
      return 0;
    });
    ASSERT_TRUE(parent.wait_until_ready());
    while (!inside) inside = find_process("sleep" + std::string(1, '\0') + own_mark);
    const files::UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, *inside, 0)));
    ASSERT_TRUE(ended.valid());
    parent.kill();
    parent.wait();
    pollfd wait{ended.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, 10'000), 1) << "the container outlived its parent";
  }
  EXPECT_EQ(mounts_in(box_.folder.path()), std::vector<std::string>{});
  testing::RunInBusybox next;
  EXPECT_EQ(next.sh("exit 3"), 3);
}

}  // namespace
}  // namespace ixian::sandbox
