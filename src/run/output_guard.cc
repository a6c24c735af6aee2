#include "run/output_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "base/lines.h"

namespace ixian::run {

void OutputGuard::begin(base::ActivityId activity) {
  std::lock_guard lock(mutex_);
  running_.insert(activity);
  if (!reader_.joinable()) engage();
}

void OutputGuard::end(base::ActivityId activity) {
  std::lock_guard lock(mutex_);
  running_.erase(activity);
}

void OutputGuard::engage() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return;
  base::UniqueFd read_end(fds[0]);
  base::UniqueFd write_end(fds[1]);
  saved_output_ = base::UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  saved_error_ = base::UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  stop_ = base::UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!saved_output_.valid() || !saved_error_.valid() || !stop_.valid()) return;
  ::dup2(write_end.get(), STDOUT_FILENO);
  ::dup2(write_end.get(), STDERR_FILENO);
  reader_ = std::thread([this, fd = read_end.release()] { read_lines(fd); });
}

void OutputGuard::disengage() {
  std::thread reader;
  {
    std::lock_guard lock(mutex_);
    if (!reader_.joinable()) return;
    ::dup2(saved_output_.get(), STDOUT_FILENO);
    ::dup2(saved_error_.get(), STDERR_FILENO);
    const std::uint64_t one = 1;
    [[maybe_unused]] ssize_t ignored = ::write(stop_.get(), &one, sizeof(one));
    reader = std::move(reader_);
  }
  reader.join();
}

base::ActivityId OutputGuard::author() {
  std::lock_guard lock(mutex_);
  return running_.size() == 1 ? *running_.begin() : base::kNoActivity;
}

// Until all writers are gone, or until told to stop and nothing is left to read.
void OutputGuard::read_lines(int fd) {
  base::UniqueFd pipe(fd);
  base::LineSplitter lines;
  const auto tell = [this](std::string_view line) { sink_.output(author(), line); };
  std::array<char, 16 * 1024> buffer;
  while (true) {
    pollfd fds[2] = {{fd, POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) continue;
    if (fds[0].revents == 0) break;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    lines.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got)), tell);
  }
  lines.finish(tell);
}

}  // namespace ixian::run
