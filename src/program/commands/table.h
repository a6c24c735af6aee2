// The tasks that ix itself brings, in one table. A project's task of the same name takes precedence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/parser.h"
#include "task/graph.h"

namespace ixian::app {
class Workspace;
}  // namespace ixian::app

namespace ixian::commands {

// What a command has to work with.
struct CommandContext {
  const cli::Options& options;  // those before its name and those behind it
  const cli::ParsedCommand& line;
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
  std::string_view name;
  std::string_view summary;
  ProjectUse project = ProjectUse::kNeeded;

  // Its options and arguments, which only a call or a page of it needs. Name and summary are filled in by
  // spec_of().
  cli::CommandSpec (*make_spec)() = nullptr;

  // Returns the exit code. Throws base::Error. The line is without errors.
  int (*run)(const CommandContext& context) = nullptr;

  // Whether it is to happen in namespaces of ours; see app/reexec.h. Null: never.
  bool (*needs_namespaces)(const cli::Options& options, const cli::ParsedCommand& line) = nullptr;

  // Whether the line is about ix itself, and answered without looking at a project where there is none; any
  // other then needs one. Null: that is not known before.
  bool (*answers_at_once)(const cli::ParsedCommand& line) = nullptr;

  bool hidden = false;  // no list names it

  // A shell runs what it prints, so that nothing else may be printed, such as by a project while it loads.
  bool prints_for_shells = false;
};

const std::vector<Command>& commands();
const Command* find_command(std::string_view name);  // nullptr where there is none
cli::CommandSpec spec_of(const Command& command);

// Of those that lists name: all, or those that work without a project.
std::vector<std::string> command_names(bool in_project);

// Whether the project has a task of that name, which is then meant and not the command. The task `help` that
// every project has, for those who call it from Python, is none.
bool is_task(const task::TaskGraph& graph, const std::string& name);

// Throws base::Error{kUsage} where there is no such task; it may be one, or a command, misspelt.
void require_task(const task::TaskGraph& graph, const std::string& name);

// One file each.
Command init_command();
Command plan_command();
Command why_command();
Command graph_command();
Command registries_command();
Command build_command();
Command image_command();
Command completion_command();
Command complete_command();
Command version_command();
Command help_command();

}  // namespace ixian::commands
