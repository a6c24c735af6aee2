// What the rest of the program may ask about the Python code that is running just now. For hooks, which have
// no Project at hand yet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "task/task.h"

namespace ixian::script {

// Whether what this thread runs may write to our standard output itself. True outside tasks.
bool owns_terminal();

// The tasks that this thread is in the middle of: the first one has called the second one, and so on.
std::vector<std::string> running_chain();

// What this thread runs, as events call it; none outside tasks.
base::ActivityId running_activity();

// Grows with every task that is registered.
std::uint64_t registry_version();

// Each file that the patterns name, as FileHash does → "<git mode> <hex of content>".
base::Json file_details(const std::vector<std::string>& patterns);

// SHA-256 in hex of an open file, through the cache of the project's files.
std::string content_digest(int fd, const std::string& name);

// Writes what Python still holds back of the standard streams. Takes the GIL.
void flush_output();

// Every task that is registered by now. Takes the GIL.
std::vector<task::Task> registered_tasks();

}  // namespace ixian::script
