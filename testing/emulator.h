// A program of tests/stand_ins that answers in place of a service that cannot run here.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "testing/child_process.h"

namespace ixian::testing {

// Started by the constructor; it prints its port, and ends when its standard input does.
class Emulator {
 public:
  explicit Emulator(const std::string& program) {
    if (::pipe(input_) != 0 || ::pipe(output_) != 0) std::abort();
    child_ = std::make_unique<ChildProcess>([&](ChildProcess&) {
      ::dup2(input_[0], 0);
      ::dup2(output_[1], 1);
      for (const int fd : {input_[0], input_[1], output_[0], output_[1]}) ::close(fd);
      ::execl("/usr/bin/python3", "python3", "-B", program.c_str(), "--until-eof",
              static_cast<char*>(nullptr));
      return 127;
    });
    ::close(input_[0]);
    ::close(output_[1]);
    std::string line;
    char byte = 0;
    while (::read(output_[0], &byte, 1) == 1 && byte != '\n') line += byte;
    url = "http://127.0.0.1:" + line;
    running = !line.empty();
  }
  ~Emulator() {
    ::close(input_[1]);
    ::close(output_[0]);
  }
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  std::string url;
  bool running = false;

 private:
  int input_[2];
  int output_[2];
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace ixian::testing
