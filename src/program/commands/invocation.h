// What somebody has typed, understood as far as that is possible before a project is loaded.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/parser.h"
#include "commands/table.h"

namespace ixian::commands {

// `ix help` is what is meant by `ix` alone and by `ix --help TASK`.
class Invocation {
 public:
  // Throws base::Error{kUsage} for flags before the task. What is wrong behind a command of ix is in its
  // line: a project may have a task of that name.
  explicit Invocation(const std::vector<std::string>& words);
  Invocation(const Invocation&) = delete;  // the line points into the table
  Invocation& operator=(const Invocation&) = delete;

  // With the flags behind the name of a command, until it turns out to be a task's.
  const cli::Options& options() const { return options_; }

  // The command of that name; null where there is none, or where it is a task's.
  const Command* command() const { return command_; }
  const cli::ParsedCommand& line() const { return line_; }

  // Throws base::Error{kUsage} for what the command does not know, and for flags that mean nothing to it.
  void require_understood() const;

  // The words behind the name are a task's. Whoever holds a reference to the options sees them change.
  void take_for_task();

  // Flags that stood behind a task's name after all.
  void add(const std::vector<cli::ParsedOption>& flags, std::vector<std::string> words);

 private:
  void take_progress_variable();

  cli::Options options_;
  cli::Options before_;  // with the flags before the task alone
  const Command* command_ = nullptr;
  cli::CommandSpec spec_;
  cli::ParsedCommand line_;
};

}  // namespace ixian::commands
