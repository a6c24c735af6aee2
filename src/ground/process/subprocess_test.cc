#include "process/subprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "testing/temp_folder.h"

namespace ixian::process {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunCommandTest : public ::testing::Test {
 protected:
  // Runs a script and keeps its lines.
  ExitStatus sh(const std::string& script, const Command& rest = {}) {
    Command command = rest;
    command.argv = {"/bin/sh", "-c", script};
    if (!command.on_line) command.on_line = [this](std::string_view line) { lines.emplace_back(line); };
    return run_command(command, cancellation);
  }
  LaunchError launch_error(const std::vector<std::string>& argv, const std::string& directory = "",
                           std::map<std::string, std::string> env = {}) {
    try {
      run_command({argv, std::move(env), directory, [](std::string_view) {}}, cancellation);
    } catch (const LaunchError& error) {
      return error;
    }
    ADD_FAILURE() << "it was launched";
    return {"", false};
  }

  const ixian::testing::TempFolder folder;
  base::Cancellation cancellation;
  std::vector<std::string> lines;
};

TEST_F(RunCommandTest, TheExitCodeIsTheCommands) {
  EXPECT_TRUE(sh("exit 0").ok());
  EXPECT_EQ(sh("exit 7").code, 7);
  EXPECT_EQ(sh("exit 7").signal, 0);
}

TEST_F(RunCommandTest, ASignalCountsAsShellsCountIt) {
  const ExitStatus status = sh("kill -TERM $$");
  EXPECT_EQ(status.signal, SIGTERM);
  EXPECT_EQ(status.code, 128 + SIGTERM);
}

TEST_F(RunCommandTest, WithoutCaptureTheExitCodeIsTheSame) {
  EXPECT_EQ(run_command({{"sh", "-c", "exit 3"}, {}, "", nullptr}, cancellation).code, 3);
}

TEST_F(RunCommandTest, LinesOfBothOutputsAreCaptured) {
  sh("echo one; echo two >&2; echo; printf 'with cr\\r\\n'; printf 'a\\rb\\n'; printf 'no newline'");
  EXPECT_THAT(lines, ElementsAre("one", "two", "", "with cr", "a\rb", "no newline"));
}

TEST_F(RunCommandTest, AnyBytesAndLongLinesAreCaptured) {
  sh("printf '\\000\\377\\n'; head -c 300000 /dev/zero | tr '\\0' x; echo");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], std::string("\0\xff", 2));
  EXPECT_EQ(lines[1], std::string(300'000, 'x'));
}

TEST_F(RunCommandTest, MuchOutputIsCapturedInOrder) {
  sh("seq 1 50000");
  ASSERT_EQ(lines.size(), 50'000u);
  EXPECT_EQ(lines[49'999], "50000");
}

TEST_F(RunCommandTest, ACapturedCommandHasNothingToRead) {
  EXPECT_TRUE(sh("! read line").ok());
}

TEST_F(RunCommandTest, TheEnvironmentIsSetOnTop) {
  ::setenv("IXIAN_TEST_KEPT", "kept", 1);
  ::setenv("IXIAN_TEST_SET", "old", 1);
  sh("echo $IXIAN_TEST_KEPT; env | grep IXIAN_TEST_SET", {{}, {{"IXIAN_TEST_SET", "new"}}, "", nullptr});
  EXPECT_THAT(lines, ElementsAre("kept", "IXIAN_TEST_SET=new"));
}

TEST_F(RunCommandTest, TheCommandRunsInItsFolder) {
  sh("pwd -P", {{}, {}, folder.path(), nullptr});
  EXPECT_THAT(lines, ElementsAre(std::filesystem::canonical(folder.path()).string()));
}

TEST_F(RunCommandTest, AProgramThatDoesNotExistIsNotFound) {
  EXPECT_TRUE(launch_error({"no-such-program"}).not_found);
  EXPECT_EQ(launch_error({"no-such-program"}).message(), "cannot run no-such-program: not found on PATH");
  EXPECT_TRUE(launch_error({folder / "none"}).not_found);
}

TEST_F(RunCommandTest, AFileThatIsNotExecutableIsFound) {
  const auto error = launch_error({folder.write("plain", "text")});
  EXPECT_FALSE(error.not_found);
  EXPECT_THAT(error.message(), HasSubstr("permission denied"));
}

TEST_F(RunCommandTest, AMissingFolderIsNotAMissingProgram) {
  const auto error = launch_error({"sh"}, folder / "none");
  EXPECT_FALSE(error.not_found);
  EXPECT_THAT(error.message(), HasSubstr(folder / "none"));
}

TEST_F(RunCommandTest, AnEmptyCommandIsAnError) {
  EXPECT_FALSE(launch_error({}).not_found);
  EXPECT_FALSE(launch_error({""}).not_found);
}

TEST_F(RunCommandTest, TheProgramIsLookedUpOnThePathOfTheCommand) {
  folder.write("tool", "#!/bin/sh\nexit 5\n", true);
  EXPECT_EQ(run_command({{"tool"}, {{"PATH", folder.path()}}, "", [](auto) {}}, cancellation).code, 5);
  EXPECT_TRUE(launch_error({"tool"}).not_found);
}

TEST_F(RunCommandTest, AProgramOnARelativePathIsLookedUpInTheFolderOfTheCommand) {
  std::filesystem::create_directory(folder / "bin");
  folder.write("bin/tool", "#!/bin/sh\nexit 5\n", true);
  EXPECT_EQ(
      run_command({{"tool"}, {{"PATH", "bin:/usr/bin:/bin"}}, folder.path(), [](auto) {}}, cancellation).code,
      5);
}

TEST_F(RunCommandTest, TheFirstExecutableOnThePathIsFound) {
  for (const char* name : {"a", "b", "c", "d"}) std::filesystem::create_directory(folder / name);
  std::filesystem::create_directory(folder / "a/tool");
  folder.write("b/tool", "");
  folder.write("c/tool", "", true);
  folder.write("d/tool", "", true);
  const std::string path =
      folder / "none" + ":" + folder / "a" + ":" + folder / "b" + ":" + folder / "c" + ":" + folder / "d";
  EXPECT_EQ(find_program("tool", path), folder / "c/tool");
  EXPECT_EQ(find_program("other", path), "");
  EXPECT_EQ(find_program("./other", path), "./other");
}

TEST_F(RunCommandTest, NothingStartsOnceStoppingHasBeenRequested) {
  cancellation.request();
  EXPECT_THROW(sh("touch " + folder / "made"), base::Cancelled);
  EXPECT_EQ(folder.count(), 0u);
}

TEST_F(RunCommandTest, ARequestToStopReachesTheWholeGroup) {
  Command command;
  command.on_line = [&](std::string_view line) {
    lines.emplace_back(line);
    if (line == "ready") cancellation.request();
  };
  // The inner shell is no background job: those ignore SIGINT.
  const auto status =
      sh("trap 'echo outer; exit 9' INT; sh -c 'trap \"echo inner; exit 8\" INT; echo ready; while :; do "
         "sleep 0.05; done'",
         command);
  EXPECT_EQ(status.code, 9);
  EXPECT_THAT(lines, ElementsAre("ready", "inner", "outer"));
}

TEST_F(RunCommandTest, ACommandThatIgnoresTheRequestIsWaitedForAndCanBeKilled) {
  Command command;
  bool obeyed = true;
  command.on_line = [&](std::string_view line) {
    if (line == "ready") cancellation.request();
    if (line == "still here") {
      obeyed = false;
      cancellation.kill_groups();
    }
  };
  const auto status = sh("trap '' INT; echo ready; sleep 0.1; echo still here; sleep 60", command);
  EXPECT_FALSE(obeyed);
  EXPECT_EQ(status.signal, SIGKILL);
}

TEST_F(RunCommandTest, WhatACommandLeftBehindEndsWithARequestToStop) {
  // A background job of a shell ignores SIGINT. Whoever has the pipe's other end keeps it open.
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  Command command;
  command.on_line = [&](std::string_view) { cancellation.request(); };
  sh("sleep 30 >&" + std::to_string(fds[1]) + " 2>/dev/null & echo started; wait", command);
  ::close(fds[1]);
  pollfd end = {fds[0], POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, 10'000), 1) << "the background job still runs";
  ::close(fds[0]);
}

TEST_F(RunCommandTest, AChildThatKeepsThePipeOpenIsNotWaitedFor) {
  sh("echo done; sleep 60 & echo $!");
  ASSERT_EQ(lines.size(), 2u);
  const pid_t left_behind = std::stoi(lines[1]);
  EXPECT_EQ(::kill(left_behind, SIGKILL), 0) << "it was waited for";
}

TEST_F(RunCommandTest, AChildThatKeepsWritingIsNotWaitedFor) {
  Command command;
  pid_t left_behind = 0;
  int count = 0;
  bool endless = false;
  command.on_line = [&](std::string_view line) {
    if (line != "y") left_behind = std::stoi(std::string(line));
    if (++count == 5'000'000 && left_behind > 0) endless = ::kill(left_behind, SIGKILL) == 0;
  };
  sh("yes & echo $!", command);
  EXPECT_FALSE(endless) << "run_command() went on reading after the command had ended";
  ASSERT_GT(left_behind, 0);
  if (!endless) ::kill(left_behind, SIGKILL);
}

TEST_F(RunCommandTest, ManyThreadsMayRunCommands) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 10; ++k) {
        std::string got;
        Command command{{"echo", std::to_string(i)}, {}, "", [&](std::string_view line) { got += line; }};
        if (!run_command(command, cancellation).ok() || got != std::to_string(i)) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(RunCommandTest, NoDescriptorsOfOursAreInherited) {
  const std::string count = "ls /proc/self/fd | wc -l";
  ASSERT_EQ(std::system((count + " >" + folder / "before").c_str()), 0);
  sh(count);
  EXPECT_THAT(lines, ElementsAre(folder.read("before").substr(0, 1)));
}

}  // namespace
}  // namespace ixian::process
