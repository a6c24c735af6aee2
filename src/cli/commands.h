// The tasks that ix itself brings, in one table. A project's task of the same name takes precedence.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "ui/style.h"

namespace ixian::cli {

class Workspace;

struct Command {
  std::string name;
  std::string arguments;  // "TASK [ARGS…]", for its help page
  std::string short_description;
  std::string description;    // lines of at most 75 columns
  bool needs_project = true;  // else `workspace` may be null

  // Returns the exit code. Throws base::Error.
  std::function<int(Workspace* workspace, const Options& options)> run;
};

const std::vector<Command>& commands();
const Command* find_command(std::string_view name);  // nullptr where there is none
std::string command_page(const Command& command, const ui::Style& style);

// One file each.
Command plan_command();
Command why_command();
Command graph_command();
Command completion_command();
Command version_command();

// The name of the task that a command is about, taken off the front of `args`. Throws base::Error{kUsage}
// where there is none.
std::string take_task(const Command& command, std::vector<std::string>& args);

// Removes `flag` from `args`; whether it was there.
bool take_flag(std::vector<std::string>& args, std::string_view flag);

}  // namespace ixian::cli
