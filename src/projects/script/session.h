// What the Python side knows of the program around it, and the task that each thread is running.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "base/json.h"
#include "script/hooks.h"
#include "task/file_hasher.h"
#include "task/task.h"

namespace ixian::script {

// What all native functions see. There is one, made before Python runs, and it is never taken down. Its plain
// members do not change after loading; the others say who may touch them.
struct Session {
  Session(base::EventSink& sink_, base::Cancellation& cancellation_)
      : sink(sink_), cancellation(cancellation_) {}

  base::EventSink& sink;
  base::Cancellation& cancellation;
  std::string project_file;  // absolute
  std::string folder;        // where ix was run, absolute
  std::string install_folder;
  std::string log_level;  // "debug", "info", "warning", "error", "none"
  Hooks hooks;

  // Counts changes of the registry of tasks, so that a graph made from it can be told to be out of date.
  std::atomic<std::uint64_t> registry_version{0};

  // Made with the first use, when CONFIG.BUILDER is known. Thread-safe. Takes the GIL.
  task::FileHasher& hasher();

  // Keeps for the next run what the hasher has learned.
  void save_file_cache();

  // The saved state that each checker is being compared with, while it is. Guarded by the GIL.
  std::map<PyObject*, const base::Json*> compared_with;

 private:
  // Guards `hasher_`. Not held while the GIL is waited for.
  std::mutex hasher_mutex_;
  std::unique_ptr<task::FileHasher> hasher_;
};

// The one of this process; set by Project::load before any Python code runs.
Session& session();
bool has_session();
void set_session(std::unique_ptr<Session> session);

// Whether the project has named the configuration of the Docker module. One that has not pays for none of it.
// Needs the GIL.
bool has_docker();

// A path as the project calls it: relative where it lies within.
std::string inside_project(const std::string& path);

// "ixian.py:12" for Python's (file, line), "" for None.
std::string source_of(pybind11::handle place);

// What this thread runs: null outside tasks.
const task::TaskCall* current_call();

// Makes `call` the current one of this thread.
class CallScope {
 public:
  explicit CallScope(const task::TaskCall& call);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  static const CallScope* innermost();  // of this thread; null outside tasks
  const task::TaskCall& call() const { return call_; }
  const CallScope* outer() const { return outer_; }

 private:
  const task::TaskCall& call_;
  const CallScope* outer_;
};

// Text that Python code writes to a standard stream: complete lines go to the task's log, the rest waits for
// its end.
void write_output(std::string_view text);

}  // namespace ixian::script
