// What a daemon says of a build, as events.
#pragma once

#include <optional>
#include <string>

#include "base/activity.h"
#include "base/error.h"
#include "base/event.h"
#include "base/json.h"
#include "docker/legacy_builder.h"

namespace ixian::docker {

// One activity for each step, with the lines that its command writes. Used by one thread.
class BuildProgress {
 public:
  // Both outlive it.
  BuildProgress(const LegacyBuild& build, base::EventSink& sink) : build_(build), sink_(sink) {}
  ~BuildProgress() { end(base::ActivityStatus::kCancelled); }
  BuildProgress(const BuildProgress&) = delete;
  BuildProgress& operator=(const BuildProgress&) = delete;

  void take(const base::Json& message);

  // After the last message. Throws Error{kTaskFailed} where a step failed, naming it, its place and its exit
  // code; or where there is no image.
  void finish();

  const std::string& image_id() const { return image_id_; }  // "sha256:…"
  unsigned steps() const { return steps_; }                  // but for FROM and ARG
  unsigned cached() const { return cached_; }

 private:
  void take_text(const std::string& text);
  void take_line(const std::string& line);
  void next_step(const std::string& line);
  void begin(const char* note);
  void end(base::ActivityStatus outcome);
  base::Error failure() const;

  const LegacyBuild& build_;
  base::EventSink& sink_;
  std::optional<base::Activity> activity_;
  std::size_t step_ = 0;  // the number of the current one, from 1
  std::string title_;
  bool waiting_ = false;  // the current step has not begun
  bool was_cached_ = false;
  std::string partial_;  // of a line that has not ended
  std::string image_id_;
  std::string error_;
  std::optional<int> exit_code_;
  unsigned steps_ = 0;
  unsigned cached_ = 0;
};

}  // namespace ixian::docker
