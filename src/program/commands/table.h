// The tasks that ix itself brings, in one table. A project's task of the same name takes precedence.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "cli/arguments.h"
#include "cli/options.h"
#include "ui/style.h"

namespace ixian::app {
class Workspace;
}  // namespace ixian::app

namespace ixian::commands {

// What a command has to work with.
struct CommandContext {
  const cli::Options& options;
  base::EventSink& sink;
  base::Cancellation& cancellation;
  app::Workspace* workspace;  // null where there is no project
};

enum class ProjectUse {
  kNeeded,     // an error without one
  kIfThere,    // works in any folder; but an ixian.py that cannot be loaded is an error
  kIfItLoads,  // works in any folder, and beside a broken ixian.py
};

struct Command {
  std::string name;
  std::string arguments;  // "TASK [ARGS…]", for its help page
  std::string short_description;
  std::string description;  // lines of at most 75 columns
  ProjectUse project = ProjectUse::kNeeded;

  // The flags before it that mean something to it; with any other it refuses to run. --log and --progress are
  // everybody's.
  std::vector<std::string> obeys;

  // Returns the exit code. Throws base::Error.
  std::function<int(const CommandContext& context)> run;

  // Whether it is to happen in namespaces of ours; see app/reexec.h. Unset: never.
  std::function<bool(const cli::Options& options)> needs_namespaces = {};
};

// What the flag asks for that every command does that only asks.
inline const std::vector<std::string> kOnlyAsks = {"--dry-run"};

// Throws base::Error{kUsage} for a flag that was given and is not in `obeys`: what is not obeyed is refused,
// so that nobody takes what has been done for what was asked for. `command` is "build", "image rm".
void require_obeyed(const cli::Options& options, const std::string& command,
                    const std::vector<std::string>& obeys);

const std::vector<Command>& commands();
const Command* find_command(std::string_view name);  // nullptr where there is none
std::string command_page(const Command& command, const ui::Style& style);

// One file each.
Command init_command();
Command plan_command();
Command why_command();
Command graph_command();
Command registries_command();
Command build_command();
Command image_command();
Command completion_command();
Command version_command();

// The name of the task that a command is about, taken off the front of `args`. Throws base::Error{kUsage}
// where there is none.
std::string take_task(const Command& command, std::vector<std::string>& args);

}  // namespace ixian::commands
