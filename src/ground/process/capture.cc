// A program that is asked reads its input while it writes both outputs, in any order. Feeding the input
// through a pipe means to write and to read at once, and SIGPIPE from a program that does not care for it. So
// the input is a file in memory, complete before the program starts, and only the outputs are pipes.
//
// The end of the outputs is no sign that the program has ended, nor the reverse: it may close them early, and
// a daemon that it has left behind may keep them open for ever. Both are waited for, but once the program has
// ended the outputs get only a moment more.
//
// The program gets a session of its own besides its group: without a terminal a question on /dev/tty fails at
// once, where a group in the background would be stopped until its time is over.
#include "process/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "process/launch.h"

namespace ixian::process {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kGrace{1000};  // for outputs that stay open when the program has ended
constexpr std::chrono::milliseconds kTick{50};     // how soon a cancellation is noticed
constexpr std::size_t kMostError = 64 << 10;

// Adds to a text that holds a secret, wiping the memory that it grows out of.
void append_secret(std::string& text, std::string_view more) {
  if (text.size() + more.size() > text.capacity()) {
    std::string larger;
    larger.reserve(std::max(text.size() + more.size(), 2 * text.capacity()));
    larger.append(text);
    base::wipe(text);
    text = std::move(larger);
  }
  text.append(more);
}

[[noreturn]] void fail_to_feed() {
  throw LaunchError("cannot create a file in memory: " + base::errno_text(errno), false);
}

// A file in memory that holds `input`, to be read from its start.
files::UniqueFd input_file(const std::string& input) {
  files::UniqueFd made(::memfd_create("input", MFD_CLOEXEC));
  if (!made.valid()) fail_to_feed();
  files::UniqueFd file(::fcntl(made.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!file.valid()) fail_to_feed();
  for (std::size_t done = 0; done < input.size();) {
    const ssize_t wrote = ::write(file.get(), input.data() + done, input.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) fail_to_feed();
    done += static_cast<std::size_t>(wrote);
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) fail_to_feed();
  return file;
}

struct CapturePlan {
  const char* program;
  char* const* argv;
  char* const* env;
  int input_fd;
  int output_fd;
  int error_fd;
  int launch_fd;  // gets errno where exec fails
  std::uint64_t memory_limit;
};

// What the child does, with nothing but system calls.
[[noreturn]] void run_captured(const CapturePlan& plan) {
  ::setsid();
  if (plan.memory_limit != 0) {
    const rlimit limit{plan.memory_limit, plan.memory_limit};
    ::setrlimit(RLIMIT_DATA, &limit);  // fails where ours is lower already
  }
  if (::dup2(plan.input_fd, STDIN_FILENO) >= 0 && ::dup2(plan.output_fd, STDOUT_FILENO) >= 0 &&
      ::dup2(plan.error_fd, STDERR_FILENO) >= 0) {
    reset_inherited();
    ::execve(plan.program, plan.argv, plan.env);
  }
  const int error = errno;
  [[maybe_unused]] ssize_t ignored = ::write(plan.launch_fd, &error, sizeof(error));
  ::_exit(127);
}

// A running program, known to the cancellation. It is not reaped before it is forgotten there, so that its
// number cannot have become somebody else's when the group is signalled.
class Child {
 public:
  Child(const CapturePlan& plan, base::Cancellation& cancellation) : cancellation_(cancellation) {
    base::Cancellation::Hold hold(cancellation);
    if (!hold.may_start()) throw base::Cancelled();
    BlockSignals guard;
    pid_ = ::fork();
    if (pid_ == 0) run_captured(plan);
    if (pid_ < 0) fail_fork(errno);
    hold.started(pid_);
  }
  ~Child() {
    if (reaped_) return;
    kill();
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  bool ended() const {
    siginfo_t info = {};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  // Both: its group may not be there yet, or have members that outlive it.
  void kill() {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
  }

  // Waits for its end.
  ExitStatus reap() {
    siginfo_t info = {};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    cancellation_.ended(pid_);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return decode_status(status);
  }

 private:
  base::Cancellation& cancellation_;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

// What has come so far, wiped when it goes.
class Collected {
 public:
  ~Collected() {
    OPENSSL_cleanse(buffer_.data(), buffer_.size());
    base::wipe(output);
    base::wipe(error);
  }

  // Reads once; the descriptor is closed at its end.
  void read_output(files::UniqueFd& fd) { append_secret(output, read(fd)); }
  void read_error(files::UniqueFd& fd) {
    append_secret(error, read(fd));
    if (error.size() > 2 * kMostError) error.erase(0, error.size() - kMostError);
  }
  std::uint64_t count() const { return count_; }

  std::string output;
  std::string error;

 private:
  std::string_view read(files::UniqueFd& fd) {
    const ssize_t got = ::read(fd.get(), buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR) return {};
    if (got <= 0) fd.reset();
    if (got > 0) count_ += static_cast<std::uint64_t>(got);
    return {buffer_.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }

  std::array<char, 16 * 1024> buffer_;
  std::uint64_t count_ = 0;  // of both
};

[[noreturn]] void fail_too_long(const CaptureOptions& question) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("{} stopped: printed more than {} bytes",
                                base::printable_path(question.argv[0]), question.limit));
}

[[noreturn]] void fail_too_slow(const CaptureOptions& question, std::string error) {
  throw TimeoutError(fmt::format("{} stopped: timed out after {:g}s", base::printable_path(question.argv[0]),
                                 static_cast<double>(question.time_limit.count()) / 1000),
                     std::move(error), false);
}

[[noreturn]] void fail_silent(const CaptureOptions& question, std::string error) {
  throw TimeoutError(
      fmt::format("{} stopped: printed nothing for {:g}s", base::printable_path(question.argv[0]),
                  static_cast<double>(question.silence_limit.count()) / 1000),
      std::move(error), true);
}

// Reads until the program has ended and its outputs are closed, or their grace is over.
void collect(const CaptureOptions& question, Child& child, files::UniqueFd output, files::UniqueFd error,
             Collected& collected, base::Cancellation& cancellation) {
  const files::UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)));
  const auto limit = Clock::now() + question.time_limit;
  auto last_word = Clock::now();
  std::optional<Clock::time_point> grace_ends;
  while (true) {
    // Descriptors of -1 are passed over. Where the kernel has no pidfd, the tick finds the end.
    pollfd fds[3] = {
        {output.get(), POLLIN, 0}, {error.get(), POLLIN, 0}, {grace_ends ? -1 : ended.get(), POLLIN, 0}};
    if (::poll(fds, 3, static_cast<int>(kTick.count())) > 0) {
      const std::uint64_t before = collected.count();
      if (fds[0].revents != 0) collected.read_output(output);
      if (fds[1].revents != 0) collected.read_error(error);
      if (collected.count() != before) last_word = Clock::now();
    }
    if (cancellation.requested()) throw base::Cancelled();
    if (collected.output.size() > question.limit) fail_too_long(question);
    const auto now = Clock::now();
    if (!grace_ends && child.ended()) grace_ends = now + kGrace;
    if (grace_ends && ((!output.valid() && !error.valid()) || now >= *grace_ends)) return;
    if (grace_ends) continue;
    if (now >= limit) fail_too_slow(question, collected.error);
    if (question.silence_limit.count() > 0 && now - last_word >= question.silence_limit)
      fail_silent(question, collected.error);
    if (question.watch) question.watch();
  }
}

// Returns once exec has happened.
void check_launch(const CaptureOptions& question, const files::UniqueFd& launch) {
  int error = 0;
  ssize_t got = 0;
  while ((got = ::read(launch.get(), &error, sizeof(error))) < 0 && errno == EINTR) {
  }
  if (got != sizeof(error)) return;
  fail_exec(question.argv[0], error);
}

}  // namespace

CaptureResult capture_output(const CaptureOptions& question, base::Cancellation& cancellation) {
  const ChildEnvironment environment(question.env, question.without_env);
  const std::string program = program_of(question.argv, environment.path());
  std::vector<std::string> words = question.argv;
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  files::UniqueFd input = input_file(question.input.reveal());
  Pipe launch = make_pipe();
  Pipe output = make_pipe();
  Pipe error = make_pipe();
  Collected collected;
  Child child({program.c_str(), argv.data(), environment.data(), input.get(), output.write.get(),
               error.write.get(), launch.write.get(), question.memory_limit},
              cancellation);
  input.reset();
  launch.write.reset();
  output.write.reset();
  error.write.reset();
  check_launch(question, launch.read);
  collect(question, child, std::move(output.read), std::move(error.read), collected, cancellation);

  CaptureResult answer;
  answer.status = child.reap();
  answer.output = base::Secret(std::move(collected.output));
  answer.error =
      collected.error.substr(collected.error.size() - std::min(collected.error.size(), kMostError));
  return answer;
}

}  // namespace ixian::process
