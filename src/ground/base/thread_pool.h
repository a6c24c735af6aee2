// A fixed number of threads that work off a queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ixian::base {

// Jobs run in the order of submission, each on one of the threads; they must not throw. Threads start with
// the first job that finds none idle; where the machine has no more of them, those that are there do all. The
// destructor waits for every submitted job.
class ThreadPool {
 public:
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();

  // Throws Error{kTaskFailed} where not even one thread can be started; the job is not taken then.
  void submit(std::function<void()> job);

 private:
  void work();

  const unsigned limit_;
  // Guards all below.
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  bool closing_ = false;
};

// Calls body(0) … body(count - 1) on up to `threads` threads, the calling one included, fewer where the
// machine has no more, and returns when all are done. The first exception that a call throws is rethrown
// here, after which the remaining calls are skipped.
void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& body);

// Processors that this process may use; at least 1.
unsigned processor_count();

}  // namespace ixian::base
