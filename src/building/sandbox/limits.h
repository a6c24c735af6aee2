// How much of the machine a RUN may take.
#pragma once

#include <cstdint>
#include <optional>

namespace ixian::sandbox {

// Of the machine, for a RUN that asks for nothing: 2048 processes and threads, and never so many that all
// RUNs of this process together could take more than half of the numbers that there are, of which `given`
// have been given away.
std::uint64_t default_pids(std::uint64_t pid_max, std::uint64_t given);

// Nine tenths of `available`, in bytes: the rest is for whoever is to end the RUN.
std::uint64_t default_memory(std::uint64_t available);

// /proc/sys/kernel/pid_max, 32768 where that cannot be read.
std::uint64_t pid_max();

// The numbers of processes that one RUN may take, given back in the end. Thread-safe.
class PidsShare {
 public:
  // nullopt: default_pids(). 0 is no limit.
  explicit PidsShare(std::optional<std::uint64_t> wanted);
  ~PidsShare();
  PidsShare(const PidsShare&) = delete;
  PidsShare& operator=(const PidsShare&) = delete;

  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace ixian::sandbox
