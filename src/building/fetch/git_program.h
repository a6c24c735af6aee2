// The program git, for repositories that somebody else has written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "fetch/fetch_limits.h"
#include "process/capture.h"
#include "stages/add_source.h"

namespace ixian::fetch {

// Runs git for one repository. It asks nobody at a terminal, speaks no protocol that reaches files of this
// machine, follows no redirect, and runs nothing that the repository brings. A login goes by its environment,
// which other users cannot read, and to the repository's own server only. All commands together have the time
// of the limits, each is stopped where nothing comes for their silence, or where `folder` ("" is none) has
// become too large.
class GitProgram {
 public:
  GitProgram(const stages::GitSource& git, std::string folder, const FetchLimits& limits,
             base::Cancellation& cancellation);

  // A setting, and a variable of the environment, of all commands from now on, also of what they start.
  void configure(const std::string& key, const std::string& value);
  void set_variable(const std::string& name, const std::string& value) { environment_[name] = value; }

  // Throws Error{kTaskFailed} where there is no git; Error{kRegistry} for the limits.
  process::CaptureResult ask(const std::vector<std::string>& arguments);

  // Its output. Throws Error{kRegistry} that names the repository where it fails, with what git said.
  std::string run(const std::vector<std::string>& arguments);

  // Whether the folder has become too large, asked after what may have been too quick to be watched.
  void check_size() const;

  // At least a millisecond. check_time() throws Error{kRegistry} where there is none left.
  std::chrono::milliseconds time_left() const;
  void check_time() const;

  // The repository as messages call it.
  const std::string& name() const { return name_; }
  [[noreturn]] void fail(const std::string& sentence, const std::string& context = "") const;

 private:
  void watch();
  [[noreturn]] void too_slow(const std::string& context) const;

  const std::string name_;
  const std::string folder_;
  const FetchLimits limits_;
  base::Cancellation& cancellation_;
  std::map<std::string, std::string> environment_;
  int settings_;  // of GIT_CONFIG_COUNT
  std::chrono::steady_clock::time_point deadline_;
  std::chrono::steady_clock::time_point next_look_;
};

// What git wrote to its standard error, without its progress.
std::string git_messages(const std::string& error);

}  // namespace ixian::fetch
