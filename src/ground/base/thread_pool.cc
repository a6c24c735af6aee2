// Threads are started when there is work for them and kept until the pool goes. That no further one can be
// started is no error as long as there is one: the work takes longer.
#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>

#include "base/error.h"
#include "base/threads.h"

namespace ixian::base {

ThreadPool::ThreadPool(unsigned threads) : limit_(std::max(1u, threads)) {}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::submit(std::function<void()> job) {
  std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  if (idle_ < jobs_.size() && threads_.size() < limit_) {
    if (threads_.empty()) {
      try {
        threads_.push_back(start_thread([this] { work(); }));
      } catch (const Error&) {
        jobs_.pop_back();
        throw;
      }
    } else if (std::thread further = try_thread([this] { work(); }); further.joinable()) {
      threads_.push_back(std::move(further));
    }
  }
  ready_.notify_one();
}

void ThreadPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    ready_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& body) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  // Of the first of those that failed: they begin in their order, so it is the same one whoever was quicker.
  std::exception_ptr failure;
  std::size_t failed = count;
  auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        body(i);
      } catch (...) {
        std::lock_guard lock(mutex);
        if (i < failed) failure = std::current_exception();
        failed = std::min(failed, i);
        // The others take nothing new.
        next = count;
      }
    }
  };
  std::vector<std::thread> helpers;
  const std::size_t wanted = std::min<std::size_t>(threads, count);
  helpers.reserve(wanted);
  for (std::size_t i = 1; i < wanted; ++i) {
    helpers.push_back(try_thread(work));
    if (helpers.back().joinable()) continue;
    helpers.pop_back();
    break;
  }
  work();
  for (auto& helper : helpers) helper.join();
  if (failure) std::rethrow_exception(failure);
}

unsigned processor_count() {
  // What this process may use, as in a container with some of the processors.
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1u, static_cast<unsigned>(CPU_COUNT(&set)));
}

}  // namespace ixian::base
