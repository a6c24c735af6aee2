// The command line: `ix [flags] TASK [arguments]`.
#pragma once

#include <string>
#include <vector>

#include "app/run_options.h"
#include "plan/task_plan.h"
#include "ui/make_view.h"

namespace ixian::cli {

struct Options : app::RunOptions {
  bool help = false;
  bool version = false;
  ui::ViewKind progress = ui::ViewKind::kAuto;
  ui::Verbosity threshold = ui::Verbosity::kInfo;

  std::vector<std::string> given;  // the flags that stood before the task, as "--force"

  std::string task;       // "" where none is named
  plan::TaskOptions run;  // --force and its like, and the task's arguments
};

// Flags before the task are ours; what follows the task is the task's, flags included. Throws
// base::Error{kUsage}.
Options parse_options(int argc, char** argv);

// Whether `name` ("--force", "-j", "-j4") is one of the flags that go before a task.
bool is_own_flag(const std::string& name);

// Whether a command is to tell only what it would do: --dry-run stands before it or among its arguments.
bool asks_to_be_dry(const Options& options);

// The part of `ix --help` that does not depend on a project.
std::string usage_text();

}  // namespace ixian::cli
