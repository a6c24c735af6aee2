// The view that shows what happens, where another one may have to take its place once more is known.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/event.h"

namespace ixian::ui {

// Hands all on to the latest view. Another one may come as long as no activity has begun. The views live as
// long as the slot, since whoever was about to tell one of them something may still do so. Thread-safe.
class ViewSlot : public base::EventSink {
 public:
  explicit ViewSlot(std::unique_ptr<base::EventSink> view) { show_in(std::move(view)); }

  // To be called by one thread.
  void show_in(std::unique_ptr<base::EventSink> view) {
    views_.push_back(std::move(view));
    latest_ = views_.back().get();
  }

  base::ActivityId begin(const base::Activity& activity) noexcept override { return view().begin(activity); }
  void progress(base::ActivityId id, const base::Progress& progress) noexcept override {
    view().progress(id, progress);
  }
  void log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept override {
    view().log(id, level, text);
  }
  void output(base::ActivityId id, std::string_view line) noexcept override { view().output(id, line); }
  void end(base::ActivityId id, base::ActivityStatus outcome, std::string_view note) noexcept override {
    view().end(id, outcome, note);
  }

 private:
  base::EventSink& view() const noexcept { return *latest_.load(); }

  std::vector<std::unique_ptr<base::EventSink>> views_;
  std::atomic<base::EventSink*> latest_ = nullptr;
};

}  // namespace ixian::ui
