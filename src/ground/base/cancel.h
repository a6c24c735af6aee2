// Stopping: one flag that everybody who works for long looks at, and the process groups that must be told.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <vector>

namespace ixian::base {

// One for the whole program; thread-safe. The first request (Ctrl-C) asks: work that runs may end by itself,
// nothing new starts. Once asked, it stays asked.
class Cancellation {
 public:
  // Marks as cancelled. Async-signal-safe, and no more than a mark: request() must follow.
  void mark() noexcept { requested_.store(true, std::memory_order_release); }

  // Marks as cancelled, sends SIGINT to every running process group, calls the listeners. Once; later calls
  // do nothing.
  void request();

  // SIGKILL to every running process group, at once.
  void kill_groups();

  bool requested() const { return requested_.load(std::memory_order_acquire); }
  void throw_if_requested() const;  // Cancelled

  // False, and nothing is registered, once stopping has been requested: then the process must not be started.
  // Between hold() and release() no request gets through, so that a process cannot slip between being forked
  // and being known.
  class Hold {
   public:
    explicit Hold(Cancellation& owner) : owner_(owner), lock_(owner.mutex_) {}
    bool may_start() const { return !owner_.requested(); }
    void started(pid_t group) { owner_.groups_.insert(group); }

   private:
    Cancellation& owner_;
    std::unique_lock<std::mutex> lock_;
  };
  void ended(pid_t group);

  // Waits until stopping is requested or the time is over; true when requested.
  bool wait_for(std::chrono::milliseconds time);

  // `listener` is called once, from the thread that requests, when stopping is requested. Register before
  // work starts.
  void on_request(std::function<void()> listener);

 private:
  void signal_groups(int signal_number);

  std::atomic<bool> requested_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::mutex mutex_;
  bool carried_out_ = false;
  std::condition_variable changed_;
  std::set<pid_t> groups_;
  std::vector<std::function<void()>> listeners_;
};

}  // namespace ixian::base
