#include "process/capture.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/text.h"
#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::process {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class AskProgramTest : public ::testing::Test {
 protected:
  CaptureResult ask(const std::string& script, std::string input = "") {
    CaptureOptions question;
    question.argv = {"/bin/sh", "-c", script};
    question.input = base::Secret(std::move(input));
    return capture_output(question, cancellation);
  }
  std::string output(const std::string& script, std::string input = "") {
    return ask(script, std::move(input)).output.reveal();
  }
  base::Error error_of(CaptureOptions question) {
    try {
      capture_output(question, cancellation);
    } catch (const base::Error& error) {
      return error;
    }
    ADD_FAILURE() << "it was answered";
    return {base::ErrorCode::kUsage, ""};
  }

  // Nobody may reap an orphan here: a zombie is dead enough.
  static bool is_running(pid_t pid) {
    const std::string status = files::read_file("/proc/" + std::to_string(pid) + "/stat").value_or(") Z");
    return status.find(") Z") == std::string::npos;
  }

  const ixian::testing::TempFolder folder;
  base::Cancellation cancellation;
};

TEST_F(AskProgramTest, TheOutputsAreKeptApart) {
  const CaptureResult answer = ask("echo answer; echo complaint >&2; exit 3");
  EXPECT_EQ(answer.output.reveal(), "answer\n");
  EXPECT_EQ(answer.error, "complaint\n");
  EXPECT_EQ(answer.status.code, 3);
}

TEST_F(AskProgramTest, VariablesAreSetAndLeftOut) {
  ::setenv("IXIAN_TEST_A", "a", 1);
  ::setenv("IXIAN_TEST_B", "b", 1);
  CaptureOptions question;
  question.argv = {"/bin/sh", "-c", "echo $IXIAN_TEST_A-$IXIAN_TEST_B-$IXIAN_TEST_C"};
  question.env = {{"IXIAN_TEST_C", "c"}};
  question.without_env = {"IXIAN_TEST_A"};
  EXPECT_EQ(capture_output(question, cancellation).output.reveal(), "-b-c\n");
}

TEST_F(AskProgramTest, ASignalCountsAsShellsCountIt) {
  const CaptureResult answer = ask("kill -TERM $$");
  EXPECT_EQ(answer.status.signal, SIGTERM);
  EXPECT_EQ(answer.status.code, 128 + SIGTERM);
}

TEST_F(AskProgramTest, TheInputArrivesWhole) {
  EXPECT_EQ(output("cat", "server.example.com"), "server.example.com");
  EXPECT_EQ(output("cat", std::string("\0\xff\n", 3)), std::string("\0\xff\n", 3));
  EXPECT_EQ(output("cat"), "");
}

TEST_F(AskProgramTest, MuchInputAndMuchOutputDoNotWaitForEachOther) {
  const std::string much(900'000, 'x');
  const CaptureResult answer = ask("head -c 300000 /dev/zero >&2; cat; cat >&2", much);
  EXPECT_EQ(answer.output.reveal(), much);
  EXPECT_EQ(answer.error.size(), 64u << 10);
}

TEST_F(AskProgramTest, AProgramThatDoesNotReadItsInputIsNoFault) {
  EXPECT_EQ(output("exec 0<&-; echo done", std::string(900'000, 'x')), "done\n");
  EXPECT_EQ(output("true", std::string(900'000, 'x')), "");
}

TEST_F(AskProgramTest, TheInputIsReadByThePathOfStandardInputToo) {
  EXPECT_EQ(output("cat /dev/stdin", "text"), "text");
}

TEST_F(AskProgramTest, TheEnvironmentIsThisProgramsWithChanges) {
  const CaptureResult answer =
      capture_output({{"sh", "-c", "echo $A:$HOME"}, {{"A", "1"}, {"HOME", "/x"}}, {}}, cancellation);
  EXPECT_EQ(answer.output.reveal(), "1:/x\n");
}

TEST_F(AskProgramTest, ProgramsAreFoundOnThePathOfTheChangedEnvironment) {
  folder.write("who-answers", "#!/bin/sh\necho me\n", true);
  const CaptureResult answer = capture_output({{"who-answers"}, {{"PATH", folder.path()}}, {}}, cancellation);
  EXPECT_EQ(answer.output.reveal(), "me\n");
}

TEST_F(AskProgramTest, AMissingProgramIsALaunchErrorThatSaysSo) {
  for (const char* program : {"no-such-program", "/no/such/program"}) {
    try {
      capture_output({{program}, {}, {}}, cancellation);
      FAIL() << program;
    } catch (const LaunchError& error) {
      EXPECT_TRUE(error.not_found);
      EXPECT_THAT(error.message(), HasSubstr(program));
    }
  }
  EXPECT_THROW(capture_output({{}, {}, {}}, cancellation), LaunchError);
  EXPECT_THROW(capture_output({{""}, {}, {}}, cancellation), LaunchError);
}

TEST_F(AskProgramTest, AFileThatCannotBeRunIsALaunchErrorButFound) {
  folder.write("plain", "text");
  try {
    capture_output({{folder / "plain"}, {}, {}}, cancellation);
    FAIL();
  } catch (const LaunchError& error) {
    EXPECT_FALSE(error.not_found);
    EXPECT_THAT(error.message(), HasSubstr("permission denied"));
  }
}

TEST_F(AskProgramTest, MoreOutputThanTheLimitIsAnErrorEvenWithoutEnd) {
  CaptureOptions question{{"sh", "-c", "cat /dev/zero"}, {}, {}};
  question.limit = 100'000;
  EXPECT_THAT(error_of(question).message(), HasSubstr("more than 100000 bytes"));
  question.argv = {"sh", "-c", "head -c 100000 /dev/zero"};
  EXPECT_EQ(capture_output(question, cancellation).output.reveal().size(), 100'000u);
}

TEST_F(AskProgramTest, WhatDoesNotEndInTimeIsKilledAndWhatItComplainedOfIsKept) {
  CaptureOptions question{{"sh", "-c", "echo thinking >&2; trap '' INT TERM; sleep 1000"}, {}, {}};
  question.time_limit = 1s;
  const base::Error error = error_of(question);
  EXPECT_THAT(error.message(), HasSubstr("timed out after 1s"));
  EXPECT_EQ(error.context(), "thinking\n");
}

TEST_F(AskProgramTest, WhatIsLeftBehindWithTheOutputsDoesNotKeepUsWaiting) {
  const auto start = std::chrono::steady_clock::now();
  const CaptureResult answer = ask("sleep 30 & echo $!");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  EXPECT_TRUE(answer.status.ok());
  const pid_t sleeper = std::stoi(answer.output.reveal());
  EXPECT_EQ(::kill(sleeper, 0), 0) << "daemons that a helper starts live on";
  ::kill(sleeper, SIGKILL);
}

TEST_F(AskProgramTest, ClosedOutputsAreNotTheEnd) {
  EXPECT_EQ(ask("exec >&- 2>&-; sleep 0.2; exit 5").status.code, 5);
}

TEST_F(AskProgramTest, StoppingKillsEvenWhatIgnoresItAndItsChildren) {
  std::thread user([&] {
    while (files::read_file(folder / "pid").value_or("").find('\n') == std::string::npos) {
      std::this_thread::sleep_for(5ms);
    }
    cancellation.request();
  });
  EXPECT_THROW(ask("trap '' INT TERM; sleep 1000 & echo $! >" + (folder / "pid") + "; wait; sleep 1000"),
               base::Cancelled);
  user.join();
  const pid_t child = std::stoi(*files::read_file(folder / "pid"));
  for (int rounds = 0; rounds < 2000 && is_running(child); ++rounds) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(is_running(child));
}

TEST_F(AskProgramTest, NothingStartsOnceStoppingWasRequested) {
  cancellation.request();
  EXPECT_THROW(ask("touch " + (folder / "started")), base::Cancelled);
  EXPECT_FALSE(files::read_file(folder / "started"));
}

TEST_F(AskProgramTest, WhatSaysNothingForTooLongIsKilledAndWhatSpeaksIsNot) {
  CaptureOptions question{{"sh", "-c", "echo begun; exec sleep 1000"}, {}, {}};
  question.silence_limit = std::chrono::milliseconds(200);
  try {
    capture_output(question, cancellation);
    FAIL();
  } catch (const TimeoutError& slow) {
    EXPECT_TRUE(slow.silent);
  }
  question.argv[2] = "for i in 1 2 3 4 5 6; do echo $i >&2; sleep 0.1; done";
  EXPECT_TRUE(capture_output(question, cancellation).status.ok());
}

TEST_F(AskProgramTest, WhoeverWatchesMayStopIt) {
  CaptureOptions question{{"sleep", "1000"}, {}, {}};
  int looks = 0;
  question.watch = [&] {
    if (++looks == 2) throw std::runtime_error("enough");
  };
  EXPECT_THROW(capture_output(question, cancellation), std::runtime_error);
}

TEST_F(AskProgramTest, TheProgramHasTheMemoryThatItIsGiven) {
  CaptureOptions question{{"sh", "-c", "ulimit -d"}, {}, {}};
  question.memory_limit = std::uint64_t{64} << 20;
  EXPECT_EQ(capture_output(question, cancellation).output.reveal(), "65536\n");
}

TEST_F(AskProgramTest, NothingIsLeftUnreaped) {
  ask("true");
  CaptureOptions question{{"sleep", "1000"}, {}, {}};
  question.time_limit = 10ms;
  error_of(question);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(AskProgramTest, TheInputIsOpenOnlyOnce) {
  EXPECT_EQ(output("ls -l /proc/self/fd | grep -c memfd:", "text"), "1\n");
}

TEST_F(AskProgramTest, ThereIsNoTerminalToWaitFor) {
  EXPECT_THAT(output("(: </dev/tty) 2>/dev/null && echo terminal"), Not(HasSubstr("terminal")));
}

TEST_F(AskProgramTest, AnswersAreNotMixedUpBetweenThreads) {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 10; ++round) {
        const std::string text = std::to_string(thread * 100 + round);
        if (output("cat", text) == text) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 40);
}

// Started without standard descriptors, as some supervisors do it, the pipes would take their numbers.
TEST_F(AskProgramTest, WorksWithoutStandardDescriptorsOfOurOwn) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (int fd : {0, 1, 2}) ::close(fd);
    try {
      ::_exit(output("cat; echo more", "text") == "textmore\n" ? 0 : 1);
    } catch (...) {
      ::_exit(2);
    }
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace ixian::process
