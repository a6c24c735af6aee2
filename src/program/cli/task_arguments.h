// Whether the words behind a task are for it, found out before anything runs.
#pragma once

#include <string>
#include <vector>

#include "cli/parser.h"
#include "task/task.h"

namespace ixian::cli {

// `ix TASK --help`, where the task cannot mean anything by it itself.
bool wants_page(const task::Task& task, const std::vector<std::string>& args);

// Throws base::Error{kUsage} for words that the task does not take. Where its function takes any, or does not
// tell, it finds out by itself.
void require_fitting(const task::Task& task, const std::vector<std::string>& args);

// Takes --progress and --log off the words of a task that takes no options of its own.
std::vector<ParsedOption> take_universal_flags(const task::Task& task, std::vector<std::string>& args);

}  // namespace ixian::cli
