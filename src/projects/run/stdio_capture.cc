// A Python task that calls a program without redirecting it writes straight to descriptors 1 and 2, through
// the middle of a progress display. The only place to catch that is the descriptors themselves: while tasks
// run that do not own the terminal, both lead into one pipe, and a thread reads it and tells the lines to the
// sink, which keeps a copy of the real terminal.
//
// Who wrote a line cannot be known; with one task running it is that one. To ascribe the last lines rightly,
// the end of a task waits until the pipe has been read empty once. It must not wait for the pipe's end: a
// program in the background may hold it for hours.
#include "run/stdio_capture.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "base/threads.h"
#include "process/lines.h"

namespace ixian::run {
namespace {

// Reads as much as is there now. False where all writers are gone.
bool read_available(int fd, process::LineSplitter& lines, const process::LineSplitter::OnLine& on_line) {
  int available = 0;
  if (::ioctl(fd, FIONREAD, &available) != 0) return false;
  std::array<char, 16 * 1024> buffer;
  while (available > 0) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    lines.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got)), on_line);
    available -= static_cast<int>(got);
  }
  return true;
}

}  // namespace

void StdioCapture::begin(base::ActivityId activity) {
  std::lock_guard lock(mutex_);
  running_.insert(activity);
  if (!reader_.joinable()) engage();
}

void StdioCapture::end(base::ActivityId activity) {
  std::unique_lock lock(mutex_);
  if (reader_.joinable()) {
    const std::uint64_t wanted = ++drains_wanted_;
    wake();
    drained_.wait(lock, [&] { return drains_done_ >= wanted; });
  }
  running_.erase(activity);
}

void StdioCapture::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] ssize_t ignored = ::write(wake_.get(), &one, sizeof(one));
}

void StdioCapture::engage() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return;
  files::UniqueFd read_end(fds[0]);
  files::UniqueFd write_end(fds[1]);
  saved_output_ = files::UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  saved_error_ = files::UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  wake_ = files::UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!saved_output_.valid() || !saved_error_.valid() || !wake_.valid()) return;
  reader_ = base::try_thread([this, fd = read_end.get()] { read_lines(fd); });
  if (!reader_.joinable()) return;  // nobody would read what is written
  read_end.release();
  // The write end lives on only as 1 and 2, so that the reader sees the end when these are given back.
  ::dup2(write_end.get(), STDOUT_FILENO);
  ::dup2(write_end.get(), STDERR_FILENO);
}

void StdioCapture::disengage() {
  std::thread reader;
  {
    std::lock_guard lock(mutex_);
    if (!reader_.joinable()) return;
    ::dup2(saved_output_.get(), STDOUT_FILENO);
    ::dup2(saved_error_.get(), STDERR_FILENO);
    stopping_ = true;
    wake();
    reader = std::move(reader_);
  }
  // Outside the mutex, which the reader takes to say who wrote.
  reader.join();
  std::lock_guard lock(mutex_);
  stopping_ = false;
}

base::ActivityId StdioCapture::author() {
  std::lock_guard lock(mutex_);
  return running_.size() == 1 ? *running_.begin() : base::kNoActivity;
}

// Until all writers are gone, or until told to stop. Whoever wants the pipe drained gets what is in it at
// that moment: a program that keeps writing must not keep others waiting.
void StdioCapture::read_lines(int fd) {
  files::UniqueFd pipe(fd);
  process::LineSplitter lines;
  const auto tell = [this](std::string_view line) { sink_.output(author(), line); };
  bool stop = false;
  while (!stop) {
    pollfd fds[2] = {{fd, POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) continue;
    std::uint64_t wanted = 0;
    if (fds[1].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] ssize_t ignored = ::read(wake_.get(), &count, sizeof(count));
      std::lock_guard lock(mutex_);
      wanted = drains_wanted_;
      stop = stopping_;
    }
    if (!read_available(fd, lines, tell)) stop = true;
    if (wanted > 0) lines.finish(tell);
    std::lock_guard lock(mutex_);
    drains_done_ = stop ? drains_wanted_ : std::max(drains_done_, wanted);
    drained_.notify_all();
  }
  lines.finish(tell);
}

}  // namespace ixian::run
