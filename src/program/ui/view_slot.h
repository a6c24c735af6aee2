// The view that shows what happens, where another one may have to take its place once more is known.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/event.h"
#include "ui/result_listener.h"

namespace ixian::ui {

// Hands all on to the latest view. Another one may come as long as no activity has begun. The views live as
// long as the slot, since whoever was about to tell one of them something may still do so. Thread-safe.
class ViewSlot : public base::ForwardingSink, public ResultListener {
 public:
  explicit ViewSlot(std::unique_ptr<base::EventSink> view) { show_in(std::move(view)); }

  // To be called by one thread.
  void show_in(std::unique_ptr<base::EventSink> view) {
    views_.push_back(std::move(view));
    latest_ = views_.back().get();
  }

  void result(const base::Json& document) noexcept override {
    if (auto* listener = result_listener(target())) listener->result(document);
  }
  void exit(int code) noexcept override {
    if (auto* listener = result_listener(target())) listener->exit(code);
  }
  bool listens() const noexcept override { return result_listener(target()) != nullptr; }

 private:
  base::EventSink& target() const noexcept override { return *latest_.load(); }

  std::vector<std::unique_ptr<base::EventSink>> views_;
  std::atomic<base::EventSink*> latest_ = nullptr;
};

}  // namespace ixian::ui
