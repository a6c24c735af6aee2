#include "ui/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>
#include <thread>

namespace ixian::ui {
namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::string_view {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view() : found->second;
  };
}

class TerminalPipeTest : public ::testing::Test {
 protected:
  TerminalPipeTest() {
    if (pipe(fds_) != 0) std::abort();
  }
  ~TerminalPipeTest() override {
    close(fds_[0]);
    close(fds_[1]);
  }

  int fds_[2] = {-1, -1};
};

TEST(Terminal, IsDumbWhereItSaysSoOrNothing) {
  EXPECT_TRUE(is_dumb(environment({})));
  EXPECT_TRUE(is_dumb(environment({{"TERM", "dumb"}})));
  EXPECT_FALSE(is_dumb(environment({{"TERM", "xterm"}})));
}

TEST(Terminal, RewrapsLinesUnlessItIsKnownNotTo) {
  EXPECT_TRUE(rewraps_lines(environment({{"TERM", "xterm-256color"}})));
  EXPECT_TRUE(rewraps_lines(environment({{"TERM", "screen"}, {"TMUX", "/tmp/tmux-0/default,1,0"}})));
  EXPECT_TRUE(rewraps_lines(environment({{"TERM", "tmux-256color"}})));
  EXPECT_FALSE(rewraps_lines(environment({{"TERM", "screen.xterm-256color"}})));
  EXPECT_FALSE(rewraps_lines(environment({{"XTERM_VERSION", "XTerm(379)"}})));
}

TEST_F(TerminalPipeTest, HasACommonSizeWhereThereIsNone) {
  EXPECT_FALSE(is_terminal(fds_[1]));
  EXPECT_EQ(terminal_size(fds_[1]).columns, 80u);
  EXPECT_EQ(terminal_size(fds_[1]).rows, 24u);
}

TEST_F(TerminalPipeTest, WaitsWhereTheReaderIsSlowThoughTheFileDoesNotBlock) {
  fcntl(fds_[1], F_SETFL, O_NONBLOCK);
  const std::string bytes(1u << 20, 'x');
  std::size_t received = 0;
  std::thread reader([&] {
    std::string buffer(1u << 12, '\0');
    while (received < bytes.size()) {
      const ssize_t n = read(fds_[0], buffer.data(), buffer.size());
      if (n <= 0) break;
      received += static_cast<std::size_t>(n);
    }
  });
  EXPECT_TRUE(write_all(fds_[1], bytes));
  reader.join();
  EXPECT_EQ(received, bytes.size());
}

TEST(WriteAll, SaysThatItCannot) {
  EXPECT_FALSE(write_all(-1, "x"));
}

}  // namespace
}  // namespace ixian::ui
