// What a view asks of the system it writes to: the environment, the terminal, the time.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace ixian::ui {

// Seconds. A view calls both from any thread.
struct Clock {
  std::function<double()> steady;  // never jumps; its zero means nothing
  std::function<double()> wall;    // since 1970-01-01 00:00 UTC

  static Clock real();
};

// The value of a variable, "" where it is not set.
using Environment = std::function<std::string_view(const char* name)>;

// Reads this process's environment. Not while another thread changes it.
Environment process_environment();

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

bool is_terminal(int fd);

// The size now; 80 x 24 where `fd` is no terminal or does not know. Cheap enough for every frame.
TerminalSize terminal_size(int fd);

// Whether the terminal that `environment` describes takes no commands: TERM is "dumb" or not set.
bool is_dumb(const Environment& environment);

// Whether a terminal that becomes narrower breaks the lines on it. xterm and GNU screen do not. tmux does,
// and tells its size a little later; what is drawn until then is clipped and leaves the rows that were
// counted.
bool rewraps_lines(const Environment& environment);

// Writes all of `bytes` with one write(), or more where the kernel takes only a part; waits where
// `fd` does not block. false: nobody reads any more, or the device is full. SIGPIPE is the
// caller's to ignore.
bool write_all(int fd, std::string_view bytes) noexcept;

}  // namespace ixian::ui
