// An activity as its owner holds it: what begins it also ends it, however the work ends.
#pragma once

#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "base/event.h"

namespace ixian::base {

// Ends once: by end(), by what run() throws, at the latest as failed when this object goes. One that has not
// begun ends silently. For one thread. `sink` outlives it.
class Activity {
 public:
  explicit Activity(EventSink& sink) : sink_(sink) {}
  Activity(EventSink& sink, const ActivityInfo& info) : sink_(sink) { begin(info); }
  ~Activity() { end(ActivityStatus::kFailed); }
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;

  // The first call counts.
  void begin(const ActivityInfo& info) noexcept {
    if (state_ != State::kNew) return;
    id_ = sink_.begin(info);
    state_ = State::kRunning;
  }

  bool begun() const { return state_ != State::kNew; }
  ActivityId id() const { return id_; }  // kNoActivity before it begins

  void progress(const Progress& progress) noexcept { sink_.progress(id_, progress); }

  void end(ActivityStatus status, std::string_view note = "") noexcept {
    if (state_ != State::kRunning) return;
    state_ = State::kEnded;
    sink_.end(id_, status, note);
  }

  // Ends as done if `body` returns and has not ended it, as cancelled or failed if it throws. Returns what
  // `body` returns.
  template <typename Body>
  auto run(Body body) -> decltype(body()) {
    try {
      if constexpr (std::is_void_v<decltype(body())>) {
        body();
        end(ActivityStatus::kDone);
      } else {
        auto result = body();
        end(ActivityStatus::kDone);
        return result;
      }
    } catch (const Cancelled&) {
      end(ActivityStatus::kCancelled);
      throw;
    } catch (...) {
      end(ActivityStatus::kFailed);
      throw;
    }
  }

 private:
  enum class State { kNew, kRunning, kEnded };

  EventSink& sink_;
  ActivityId id_ = kNoActivity;
  State state_ = State::kNew;
};

}  // namespace ixian::base
