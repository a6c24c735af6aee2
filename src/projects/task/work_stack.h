// Pieces of work on one stack, which threads take from until nothing is left: the last piece put there is the
// first one taken, so that work goes deep before it goes wide.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/threads.h"

namespace ixian::task {

// `Piece` has a `weight` in units of some 50 µs; more threads are started while enough of it waits. `Worker`
// is what a thread needs for itself.
template <typename Piece, typename Worker>
class WorkStack {
 public:
  using Body = std::function<void(const Piece&, Worker&)>;

  // `threads`: at most, the caller's included. `body` does a piece; it is called by any thread.
  WorkStack(unsigned threads, Body body) : threads_(threads), body_(std::move(body)) {}

  // Does these pieces, and all that are added meanwhile. Throws the first error; what waits then is dropped.
  void run(std::vector<Piece> first) {
    for (const Piece& piece : first) waiting_weight_ += piece.weight;
    waiting_ = std::move(first);
    {
      const std::lock_guard lock(mutex_);
      start_helpers();
    }
    work();
    while (true) {  // a helper may have started another one
      std::vector<std::thread> helpers;
      {
        const std::lock_guard lock(mutex_);
        helpers.swap(helpers_);
      }
      if (helpers.empty()) break;
      for (std::thread& helper : helpers) helper.join();
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  // Adds the pieces and leaves the vector empty. By a body; `prepare` is called with each of them, one after
  // the other whatever the threads.
  template <typename Prepare>
  void add(std::vector<Piece>& pieces, const Prepare& prepare) {
    if (pieces.empty()) return;
    const std::lock_guard lock(mutex_);
    if (!failure_) {
      for (Piece& piece : pieces) {
        prepare(piece);
        waiting_weight_ += piece.weight;
        waiting_.push_back(std::move(piece));
      }
      start_helpers();
      changed_.notify_all();
    }
    pieces.clear();
  }

 private:
  static constexpr std::uint64_t kWorthAThread = 8;  // weight that waits

  void work() {
    Worker worker;
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !waiting_.empty() || busy_ == 0; });
      if (waiting_.empty()) return;
      {
        const Piece piece = std::move(waiting_.back());
        waiting_.pop_back();
        waiting_weight_ -= piece.weight;
        ++busy_;
        lock.unlock();
        carry_out(piece, worker);
      }
      lock.lock();
      if (--busy_ == 0 && waiting_.empty()) changed_.notify_all();
    }
  }

  void carry_out(const Piece& piece, Worker& worker) {
    try {
      body_(piece, worker);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      waiting_.clear();
      waiting_weight_ = 0;
    }
  }

  // Called with mutex_ held.
  void start_helpers() {
    if (waiting_.size() < 2 || waiting_weight_ < kWorthAThread * (helpers_started_ + 1)) return;
    if (helpers_started_ + 1 >= threads_) return;
    std::thread helper = base::try_thread([this] { work(); });
    if (!helper.joinable()) return;  // the threads there are will do
    helpers_.push_back(std::move(helper));
    ++helpers_started_;
  }

  const unsigned threads_;
  const Body body_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<Piece> waiting_;
  std::uint64_t waiting_weight_ = 0;
  unsigned busy_ = 0;
  std::exception_ptr failure_;
  std::vector<std::thread> helpers_;  // started and not yet joined
  unsigned helpers_started_ = 0;
};

}  // namespace ixian::task
