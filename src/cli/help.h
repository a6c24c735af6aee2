// `ix help`: the list of tasks, and the page of one.
#pragma once

#include <string>

#include "plan/task_plan.h"

namespace ixian::cli {

class Workspace;

// To standard output. With an empty name, the list of all. Throws base::Error{kUsage} for an unknown task.
void show_help(Workspace& workspace, const std::string& task);

// The tree of what a task needs, ✔ for what is complete and ○ for what would run with these options, each
// once.
std::string status_tree(Workspace& workspace, const std::string& task, const plan::Options& options);

}  // namespace ixian::cli
