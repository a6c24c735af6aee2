// The handler does what may be done in a handler: it tells Python, and writes a byte to a pipe. A thread
// reads the pipe and does the rest. It does not carry out the request itself, since that may wait for Python,
// and the second Ctrl-C must always get through.
#include "app/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/threads.h"
#include "files/fs.h"
#include "script/interrupt.h"

namespace ixian::app {
namespace {

constexpr auto kGrace = std::chrono::seconds(10);
constexpr auto kBetweenWakings = std::chrono::milliseconds(250);

int pipe_write = -1;
base::Cancellation* cancelled = nullptr;
std::atomic<int> first_signal{0};
std::atomic<bool> from_terminal{false};

void handle(int number, siginfo_t* info, void*) {
  const int saved = errno;
  int expected = 0;
  if (first_signal.compare_exchange_strong(expected, number)) from_terminal = info->si_code == SI_KERNEL;
  cancelled->mark();
  script::interrupt_main_thread();
  const char byte = 0;
  [[maybe_unused]] ssize_t ignored = ::write(pipe_write, &byte, 1);
  errno = saved;
}

// Processes that a task started without us are in our own group. A terminal's Ctrl-C has reached them; a
// plain kill has not.
void interrupt_own_group() {
  const auto children = files::read_file("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  if (!children) return;
  for (std::string_view word : base::split(*children, ' ')) {
    pid_t pid = 0;
    std::from_chars(word.data(), word.data() + word.size(), pid);
    if (pid > 0 && ::getpgid(pid) == ::getpgrp()) ::kill(pid, SIGINT);
  }
}

// _exit(2), since destructors may wait for just what does not end.
[[noreturn]] void end_at_once(base::Cancellation& cancellation, const std::function<void()>& leave_terminal) {
  cancellation.kill_groups();
  leave_terminal();
  if (::isatty(STDERR_FILENO) == 1) {
    constexpr std::string_view kShowCursor = "\r\033[J\033[?25h";
    [[maybe_unused]] ssize_t ignored = ::write(STDERR_FILENO, kShowCursor.data(), kShowCursor.size());
  }
  ::_exit(interrupted_exit_code());
}

// Returns when there is a second signal, or the grace is over.
void await_second_signal(int pipe_read) {
  const auto end = std::chrono::steady_clock::now() + kGrace;
  while (std::chrono::steady_clock::now() < end) {
    pollfd again = {pipe_read, POLLIN, 0};
    if (::poll(&again, 1, static_cast<int>(kBetweenWakings.count())) > 0) return;
    script::wake_main_thread();
  }
}

void watch(int pipe_read, base::Cancellation& cancellation, base::EventSink& sink,
           const std::function<void()>& leave_terminal) {
  char byte = 0;
  while (::read(pipe_read, &byte, 1) < 0 && errno == EINTR) {
  }
  sink.log(base::kNoActivity, base::LogLevel::kInfo, "stopping (press Ctrl-C again to kill everything)");
  if (std::thread asking = base::try_thread([&cancellation] { cancellation.request(); }); asking.joinable()) {
    asking.detach();
  } else {
    cancellation.request();
  }
  if (!from_terminal) interrupt_own_group();
  await_second_signal(pipe_read);
  end_at_once(cancellation, leave_terminal);
}

}  // namespace

void watch_signals(base::Cancellation& cancellation, base::EventSink& sink,
                   std::function<void()> leave_terminal) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return;
  pipe_write = fds[1];
  cancelled = &cancellation;
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO;
  for (int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
  action = {};
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);

  // The watching thread must not be the one that a signal interrupts: that is the main thread's part.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread watching =
      base::try_thread([fd = fds[0], &cancellation, &sink, leave_terminal = std::move(leave_terminal)] {
        watch(fd, cancellation, sink, leave_terminal);
      });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (watching.joinable()) return watching.detach();
  // Then a signal does what it does to any program.
  for (int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
}

int interrupted_exit_code() {
  const int number = first_signal;
  return number == 0 ? base::kExitInterrupted : 128 + number;
}

}  // namespace ixian::app
