// What a program that reads events learns at the end: what came of the command, and how it ended.
#pragma once

#include "base/event.h"
#include "base/json.h"

namespace ixian::ui {

// Implemented by views for programs, beside EventSink. Thread-safe; never throws.
class ResultListener {
 public:
  virtual ~ResultListener() = default;

  // The document of the command's --json.
  virtual void result(const base::Json& document) noexcept = 0;

  // The last that is told.
  virtual void exit(int code) noexcept = 0;

  // Whether anybody reads it.
  virtual bool listens() const noexcept { return true; }
};

// The sink as one; null where it is for people.
inline ResultListener* result_listener(base::EventSink& sink) {
  auto* listener = dynamic_cast<ResultListener*>(&sink);
  return listener != nullptr && listener->listens() ? listener : nullptr;
}

}  // namespace ixian::ui
