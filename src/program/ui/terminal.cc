// What terminals do is asked of the environment, not of the terminal: a question in escape sequences would
// have to be answered by whoever reads standard input, and that may be a program that we started.
#include "ui/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>

namespace ixian::ui {
namespace {

template <typename ChronoClock>
double seconds_now() {
  return std::chrono::duration<double>(ChronoClock::now().time_since_epoch()).count();
}

}  // namespace

Clock Clock::real() {
  return {seconds_now<std::chrono::steady_clock>, seconds_now<std::chrono::system_clock>};
}

Environment process_environment() {
  return [](const char* name) -> std::string_view {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
  };
}

bool is_terminal(int fd) {
  return isatty(fd) == 1;
}

TerminalSize terminal_size(int fd) {
  TerminalSize size;
  winsize window{};
  if (ioctl(fd, TIOCGWINSZ, &window) != 0) return size;
  if (window.ws_col > 0) size.columns = window.ws_col;
  if (window.ws_row > 0) size.rows = window.ws_row;
  return size;
}

bool is_dumb(const Environment& environment) {
  const auto term = environment("TERM");
  return term.empty() || term == "dumb";
}

bool rewraps_lines(const Environment& environment) {
  const auto term = environment("TERM");
  if (!environment("TMUX").empty() || term.starts_with("tmux")) return true;
  return !term.starts_with("screen") && environment("STY").empty() && environment("XTERM_VERSION").empty();
}

bool write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody has made the terminal non-blocking, for all who share it.
      pollfd writable{fd, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace ixian::ui
