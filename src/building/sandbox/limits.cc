// What RUNs may take if nobody says. Processes are a number of the whole machine: RUNs at once share half of
// it, so that ix itself and others can start some; the least is what a compiler needs.
#include "sandbox/limits.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <string>

#include "files/read_or_empty.h"

namespace ixian::sandbox {
namespace {

constexpr std::uint64_t kDefaultPids = 2048;
constexpr std::uint64_t kLeastPids = 64;  // what a shell and a compiler need
constexpr std::uint64_t kUsualPidMax = 32768;

// Of the process: all RUNs of all builds share one machine.
std::mutex mutex;
std::uint64_t given_away = 0;

}  // namespace

std::uint64_t default_pids(std::uint64_t pid_max, std::uint64_t given) {
  const std::uint64_t half = pid_max / 2;
  const std::uint64_t left = half > given ? half - given : 0;
  return std::max(std::min(kDefaultPids, left), std::min(kLeastPids, half));
}

std::uint64_t default_memory(std::uint64_t available) {
  return available - available / 10;
}

std::uint64_t pid_max() {
  const std::string text = files::read_or_empty("/proc/sys/kernel/pid_max");
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value == 0 ? kUsualPidMax : value;
}

PidsShare::PidsShare(std::optional<std::uint64_t> wanted) {
  const std::lock_guard lock(mutex);
  count_ = wanted ? *wanted : default_pids(pid_max(), given_away);
  given_away += count_;
}

PidsShare::~PidsShare() {
  const std::lock_guard lock(mutex);
  given_away -= count_;
}

}  // namespace ixian::sandbox
