// A control group of our own for one RUN: cgroups(7), both versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/fs.h"
#include "sandbox/run_spec.h"

namespace ixian::sandbox {

struct CgroupLimits {
  std::uint64_t pids = 0;                  // processes and threads; 0: none
  std::uint64_t memory = 0;                // bytes; 0: none
  std::optional<std::uint64_t> swap = {};  // bytes besides; unset: no limit
  CpuLimits cpu = {};
};

// Makes a group below those that this process may write in, and removes it in the end. Where none can be
// made, there is no limit: reason() says why. The group of a process that was killed is removed by the next
// one that makes any.
// One for a RUN, which owns it.
class Cgroup {
 public:
  explicit Cgroup(const CgroupLimits& limits);
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  // A process that writes "0" into each of these joins.
  const std::vector<int>& joins() const { return joins_; }

  // One sentence; "" where both limits can be set.
  const std::string& reason() const { return reason_; }
  // The same of the limits of processors.
  const std::string& cpu_reason() const { return cpu_reason_; }
  bool limits_pids() const { return limits_pids_; }
  bool limits_memory() const { return limits_memory_; }

  // So far a process was refused, or one ended, for a limit of this group.
  bool was_short_of_pids() const;
  bool was_short_of_memory() const;

 private:
  struct Group {
    std::string path;
    files::UniqueFd held;  // locked as long as its owner lives
    files::UniqueFd procs;
  };

  using Settings = std::vector<std::pair<std::string, std::string>>;
  // False: `reason` says why `what` do not hold.
  bool make(const std::string& parent, const Settings& settings, std::string& reason, std::string_view what);
  void make_version2(const CgroupLimits& limits);
  void make_version1(const CgroupLimits& limits);
  void make_version1_cpu(const CpuLimits& limits);

  std::vector<Group> groups_;
  std::vector<int> joins_;
  bool limits_pids_ = false;
  bool limits_memory_ = false;
  std::string reason_;
  std::string cpu_reason_;
};

// Bytes that this process and what it starts may use: of the machine, or less where its cgroup says so.
std::uint64_t available_memory();

}  // namespace ixian::sandbox
