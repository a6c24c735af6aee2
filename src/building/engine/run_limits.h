// What a RUN may take of the machine, as the command line and projects say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::engine {

// Of getrlimit(2).
struct Ulimit {
  std::string name;  // "RLIMIT_NOFILE"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;  // cut to what this process may have
};

// Shares of the processors; 0 and "" are no limit.
struct CpuLimits {
  std::uint64_t quota = 0;   // microseconds of processor time in each period
  std::uint64_t period = 0;  // microseconds; 0: 100000, as the kernel has it
  std::uint64_t shares = 0;  // weight beside others, 1024 is the usual
  std::string cpus;          // "0-3,7": the processors
  std::string mems;          // "0,1": the memory nodes

  bool any() const { return quota != 0 || period != 0 || shares != 0 || !cpus.empty() || !mems.empty(); }
};

// Of each RUN; what is unset is the sandbox's to choose (sandbox/limits.h). No part of any key: a limit
// decides whether a command succeeds, not what it makes.
struct RunLimits {
  std::optional<std::uint64_t> pids;         // processes and threads; 0: no limit
  std::optional<std::uint64_t> memory;       // bytes; 0: no limit
  std::optional<std::uint64_t> memory_swap;  // bytes of memory and swap together, with `memory`; 0: no limit
  std::optional<std::uint64_t> shm;          // bytes of /dev/shm
  CpuLimits cpu;
  std::vector<Ulimit> ulimits;  // of each process
};

// In Docker's words; `what` is what messages call the place where it stands. Throw std::invalid_argument.
std::uint64_t parse_pids_limit(const std::string& what, std::string_view text);    // "2048"; "-1", "0": none
std::uint64_t parse_memory_limit(const std::string& what, std::string_view text);  // "2g"; "-1", "0": none
std::uint64_t parse_shm_size(const std::string& what, std::string_view text);      // "64m"
std::uint64_t parse_cpu_number(const std::string& what, std::string_view text);    // "50000"; "-1", "0": none
std::string parse_cpu_list(const std::string& what, std::string_view text);        // "0-3,7"
Ulimit parse_ulimit(const std::string& what, std::string_view text);               // "nofile=1024:2048"

}  // namespace ixian::engine
