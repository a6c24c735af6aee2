// A control group of our own for one RUN: cgroups(7), both versions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fs.h"

namespace ixian::sandbox {

// Makes a group below those that this process may write in, and removes it in the end. Where none can be
// made, there is no limit: reason() says why. The group of a process that was killed is removed by the next
// one that makes any. Limits of 0 are none.
class Cgroup {
 public:
  Cgroup(std::uint64_t pids, std::uint64_t memory);
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  // A process that writes "0" into each of these joins.
  const std::vector<int>& joins() const { return joins_; }

  // One sentence; "" where both limits can be set.
  const std::string& reason() const { return reason_; }

 private:
  struct Group {
    std::string path;
    base::UniqueFd held;  // locked as long as its owner lives
    base::UniqueFd procs;
  };

  bool make(const std::string& parent, const std::vector<std::pair<std::string, std::string>>& settings);

  std::vector<Group> groups_;
  std::vector<int> joins_;
  std::string reason_;
};

}  // namespace ixian::sandbox
