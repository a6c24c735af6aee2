// Tells a connection on which nothing comes forward from one that is only waited for by nobody.
#pragma once

#include <chrono>
#include <cstdint>

namespace ixian::http {

// Counts only time that was spent waiting for the network: a reader that is slow to take what came, or a body
// that is slow to be read, is not the peer's fault. Judges once in each `span` of waiting.
class StallDetector {
 public:
  StallDetector(std::chrono::milliseconds span, std::uint64_t least_per_second)
      : span_(span), least_(static_cast<std::uint64_t>(span.count()) * least_per_second / 1000) {}

  // True when a judgement is due, to be asked for with the bytes moved so far.
  bool add(std::chrono::steady_clock::duration waited) {
    waited_ += waited;
    return waited_ >= span_;
  }

  // Whether less moved since the last judgement than should have.
  bool stalled(std::uint64_t moved) {
    const bool result = moved < moved_before_ + least_ || moved == moved_before_;
    moved_before_ = moved;
    waited_ = {};
    return result;
  }

 private:
  std::chrono::steady_clock::duration span_;
  std::uint64_t least_;
  std::chrono::steady_clock::duration waited_{};
  std::uint64_t moved_before_ = 0;
};

}  // namespace ixian::http
