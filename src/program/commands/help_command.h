// `ix help`: the list of tasks, and the page of one.
#pragma once

#include <string>

#include "plan/task_options.h"

namespace ixian::app {
class Workspace;
}  // namespace ixian::app

namespace ixian::commands {

// To standard output: the page of a task, or of a command such as "build" or "image copy". With an empty
// name, the list of all. Throws base::Error{kUsage} for an unknown one.
void show_help(app::Workspace& workspace, const std::string& task);

// The same for who asked on the command line: the page tells what is known here, and asks no registry.
void show_page(app::Workspace& workspace, const std::string& task);

// The tree of what a task needs, ✔ for what is complete and ○ for what would run with these options, each
// once.
std::string status_tree(app::Workspace& workspace, const std::string& task, const plan::TaskOptions& options);

}  // namespace ixian::commands
