// What the user said about a run besides the task.
#pragma once

#include <string>
#include <vector>

namespace ixian::plan {

struct TaskOptions {
  bool force = false;      // the task that was asked for runs
  bool force_all = false;  // all that it needs run too
  bool clean = false;      // the task is cleaned first, and runs
  bool clean_all = false;  // all are cleaned first, and run
  std::vector<std::string> args;

  bool forces(bool is_root) const { return force_all || clean_all || (is_root && (force || clean)); }
  bool cleans(bool is_root) const { return clean_all || (is_root && clean); }
};

}  // namespace ixian::plan
