// A project: its ixian.py, loaded.
//
// The front door of this room, the only one that knows Python. What comes in is the path of an ixian.py and
// functions that its tasks may call (Hooks); what goes out are task::Tasks whose functions run Python, and
// the settings of images and registries. The three types to know are Project, Hooks (hooks.h) and Session
// (session.h), which joins the two for calls from either side.
//
// Two rules: C++ that may wait, or takes a lock that may be waited for, does not hold the GIL; and references
// to Python's objects are counted only with it.
#pragma once

#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "script/hooks.h"

namespace ixian::script {

struct ProjectOptions {
  std::string file;            // ixian.py, absolute
  std::string folder;          // where ix was run, absolute: what PWD says
  std::string install_folder;  // what IXIAN says
  std::string log_level = "info";
  std::vector<std::string> argv;
};

// One for each process, used by the main thread; what its tasks call back may come from any thread. Its
// functions take the GIL themselves, and throw base::Error{kProject} for what is wrong in the project's
// files, with file and line.
class Project {
 public:
  // Starts Python, runs the file and its init(), and applies the overrides of the environment.
  Project(const ProjectOptions& options, base::EventSink& sink, base::Cancellation& cancellation,
          Hooks hooks);

  std::string builder_folder();  // absolute

  // CONFIG.format(). Throws base::Error where a variable is missing.
  std::string format(const std::string& text);
};

}  // namespace ixian::script
