// The warnings of a build, kept for its metadata file while they are told.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/event.h"
#include "base/json.h"

namespace ixian::build_results {

// Passes everything on. `sink` outlives it; it outlives whoever reports to it.
class WarningCollector : public base::ForwardingSink {
 public:
  explicit WarningCollector(base::EventSink& sink) : sink_(sink) {}

  void log(base::ActivityId id, base::LogLevel level, std::string_view text) noexcept override;

  // As buildx writes them: an array of {"level", "short", "range"}, the text in base64.
  base::Json warnings() const;

 private:
  base::EventSink& target() const noexcept override { return sink_; }

  base::EventSink& sink_;
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;  // guarded by `mutex_`
};

}  // namespace ixian::build_results
