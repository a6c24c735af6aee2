// The embedded Python.
#pragma once

#include <string>
#include <vector>

namespace ixian::script {

struct InterpreterOptions {
  std::vector<std::string> argv;         // sys.argv
  std::vector<std::string> import_path;  // folders that come before the standard library
};

// Starts Python once for the process: isolated from PYTHON* variables and without `site`, UTF-8, its signals
// left to the program. Python's import path is: `import_path`, PYTHONPATH, the standard library, the packages
// of VIRTUAL_ENV, the user's, the system's. Afterwards the calling thread is Python's main thread, and does
// not hold the GIL. Throws base::Error{kProject} where the standard library is missing.
void start_python(const InterpreterOptions& options);

bool python_started();

// Saves the file cache, if it `may_write`, and runs what Python code left for its end (atexit, threads,
// buffered output). Python itself is not taken down: the process is about to end.
void finish_python(bool may_write);

}  // namespace ixian::script
