// What Python code may ask of the rest of the program.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "script/image_hooks.h"

namespace ixian::script {

// Called by any thread, without the GIL; what they throw becomes a Python exception.
struct Hooks {
  std::function<void(const std::string& task)> show_help;

  // Runs a task and what it needs, on the calling thread; false: it was complete already.
  std::function<bool(const std::string& task, const std::vector<std::string>& args,
                     const std::map<std::string, bool>& flags)>
      run_task;

  std::function<std::string(const std::string& task)> task_hash;
  std::function<base::Json(const std::string& task)> task_state;

  ImageHooks images;
};

}  // namespace ixian::script
