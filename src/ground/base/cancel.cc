// A request comes from a signal handler, which may only set a flag (mark()), or from a thread, which does the
// rest: it passes the interrupt on to the groups of programs that run, wakes those who wait, and calls the
// listeners, outside of the lock, since these may ask for anything. That is done once, however often it is
// requested.
#include "base/cancel.h"

#include <csignal>
#include <utility>

#include "base/error.h"

namespace ixian::base {

void Cancellation::request() {
  std::vector<std::function<void()>> listeners;
  {
    std::lock_guard lock(mutex_);
    mark();
    if (std::exchange(carried_out_, true)) return;
    // Under the lock, under which ended() forgets a group: its number can have no new owner yet.
    signal_groups(SIGINT);
    listeners = listeners_;
  }
  changed_.notify_all();
  for (const auto& listener : listeners) listener();
}

void Cancellation::kill_groups() {
  std::lock_guard lock(mutex_);
  signal_groups(SIGKILL);
}

void Cancellation::throw_if_requested() const {
  if (requested()) throw Cancelled();
}

void Cancellation::ended(pid_t group) {
  std::lock_guard lock(mutex_);
  groups_.erase(group);
}

bool Cancellation::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return requested(); });
}

void Cancellation::on_request(std::function<void()> listener) {
  std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void Cancellation::signal_groups(int signal_number) {
  for (pid_t group : groups_) ::kill(-group, signal_number);
}

}  // namespace ixian::base
