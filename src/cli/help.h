// `ix help`: the list of tasks, and the page of one.
#pragma once

#include <string>

namespace ixian::cli {

class Workspace;

// To standard output. With an empty name, the list of all. Throws base::Error{kUsage} for an unknown task.
void show_help(Workspace& workspace, const std::string& task);

// The tree of what a task needs, ✔ for what is complete and ○ for what would run, each once.
std::string status_tree(Workspace& workspace, const std::string& task);

}  // namespace ixian::cli
