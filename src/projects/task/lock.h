// One task runs in one place: locks between the ix processes of a project.
#pragma once

#include <functional>
#include <string>

#include "base/cancel.h"
#include "files/fs.h"

namespace ixian::task {

// Held from construction to destruction. The kernel lets go of it when the process dies, however it dies.
// Owned by the thread that runs the task.
class TaskLock {
 public:
  // Waits while another process holds the lock on `task` in this builder folder; `on_wait` is called once,
  // before waiting. Throws Cancelled when stopping is requested meanwhile, Error{kTaskFailed} where the
  // folder cannot be written.
  TaskLock(const std::string& folder, const std::string& task, base::Cancellation& cancellation,
           const std::function<void()>& on_wait);

  // Lets go also where a process that was forked meanwhile still has the file open.
  ~TaskLock();
  TaskLock(TaskLock&&) = default;
  TaskLock& operator=(TaskLock&&) = delete;

  bool waited() const { return waited_; }

 private:
  files::UniqueFd fd_;
  long place_;
  bool waited_ = false;
};

}  // namespace ixian::task
