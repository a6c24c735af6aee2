// A program in memory that nobody can change.
#pragma once

#include <string>

namespace ixian::sandbox {

// The runtimes do not trust the file that they were started from: a container could reach it by /proc and
// write to it (CVE-2019-5736). Unless they find themselves in sealed memory, they copy themselves there and
// start once more, each time. This copies once in the life of this process.
//
// Returns a descriptor that lives as long as the process, for execveat(2); -1 where the file itself must be
// executed: it is a script, or gives privileges, or there is not the memory. Thread-safe.
int memfd_program(const std::string& file);

}  // namespace ixian::sandbox
