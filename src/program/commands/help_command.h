// `ix help`: the list of tasks, and the page of one.
#pragma once

#include <string>

#include "cli/parser.h"
#include "plan/task_plan.h"

namespace ixian::app {
class Workspace;
}  // namespace ixian::app

namespace ixian::commands {

// To standard output: the page of a task, or of a command such as "build" or "image copy". With an empty
// name, the list of all. Throws base::Error{kUsage} for an unknown one.
void show_help(app::Workspace& workspace, const std::string& task);

// The same for who asked on the command line: the page tells what is known here, and asks no registry.
void show_page(app::Workspace& workspace, const std::string& task);

// The page of a command of ix, "build" or "image copy". show_command_page() is false where there is none.
bool has_command_page(const std::string& topic);
bool show_command_page(const std::string& topic);

// The part of `ix --help` that does not depend on a project.
std::string usage_text();

// What `ix` tells where there is no project.
std::string newcomers_page();

// Whether `ix help` with these words needs no project: for lists and pages that are about ix itself.
bool can_help_without_project(const cli::ParsedCommand& line);

// The tree of what a task needs, ✔ for what is complete and ○ for what would run with these options, each
// once.
std::string status_tree(app::Workspace& workspace, const std::string& task, const plan::TaskOptions& options);

}  // namespace ixian::commands
