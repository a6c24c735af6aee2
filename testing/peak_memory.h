// How much memory a part of a test takes at most.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace ixian::testing {

// From where it is made on, of this process: what was resident at most, beyond what was at the start.
class PeakMemory {
 public:
  PeakMemory() {
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak is now
    start_ = bytes_of("VmRSS:");
  }

  std::uint64_t grown() const {
    const std::uint64_t peak = bytes_of("VmHWM:");
    return peak > start_ ? peak - start_ : 0;
  }

 private:
  static std::uint64_t bytes_of(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::uint64_t kibibytes = 0;
      if (word == name && status >> kibibytes) return kibibytes << 10;
    }
    return 0;
  }

  std::uint64_t start_ = 0;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 40;  // they keep what was freed
#else
inline constexpr std::uint64_t kMostMemory = std::uint64_t{128} << 20;
#endif

}  // namespace ixian::testing
