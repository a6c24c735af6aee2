// What must be laid out before fork(), so that the child only makes system calls until exec.
#pragma once

#include <csignal>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "files/fs.h"
#include "process/subprocess.h"

namespace ixian::process {

// Both ends close on exec and are no standard descriptors, even where this program was started without those:
// dup2() onto themselves would leave them to be closed.
struct Pipe {
  files::UniqueFd read;
  files::UniqueFd write;
};
Pipe make_pipe();  // Throws LaunchError.

// This program's environment with changes, and without the variables of these names, as exec wants it.
class ChildEnvironment {
 public:
  explicit ChildEnvironment(const std::map<std::string, std::string>& changes,
                            const std::vector<std::string>& without = {});

  char* const* data() const { return pointers_.data(); }
  std::string_view path() const;  // of its PATH

 private:
  std::vector<std::string> entries_;
  std::vector<char*> pointers_;
};

// The file of the program that `argv` names, found on `path`. Throws LaunchError.
std::string program_of(const std::vector<std::string>& argv, std::string_view path);

// Throw LaunchError.
[[noreturn]] void fail_fork(int error);
[[noreturn]] void fail_exec(const std::string& program, int error);

// In the child, which starts with our signal handlers, our mask and our limit of core files.
void reset_inherited();

// Between fork and exec the child still has our handlers: a signal must wait until it has its own.
class BlockSignals {
 public:
  BlockSignals();
  ~BlockSignals();
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

 private:
  sigset_t old_;
};

// Of waitpid().
ExitStatus decode_status(int status);

}  // namespace ixian::process
