// What a RUN asks for, as data.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "files/fs.h"
#include "rootfs/passwd.h"

namespace ixian::sandbox {

enum class Network {
  kNone,      // loopback alone
  kIsolated,  // a network of its own, out of which it reaches others through pasta(1) or slirp4netns(1)
  kHost,      // this machine's own
};

// A file or directory from outside, opened: what takes its name later does not matter, and nobody looks for
// it by a name again. sandbox/bind_source.h opens one.
struct BindMount {
  std::shared_ptr<const files::UniqueFd> source;  // O_PATH will do
  std::string name;                               // what messages call it
  bool read_only = true;
};

// Empty at the start, and gone at the end.
struct TmpfsMount {
  std::uint64_t size = 0;  // bytes; 0: half of the memory, as tmpfs has it
  mode_t mode = 01777;
};

// A file that only exists in memory: read-only, nosuid, nodev, noexec.
struct SecretMount {
  base::Secret content;
  mode_t mode = 0400;
  uid_t uid = 0;
  gid_t gid = 0;
};

// A socket of this machine, such as an SSH agent's.
struct SocketMount {
  std::string source;
};

// A device node of this machine.
struct DeviceMount {
  std::string source;
};

// `target` is a path inside, absolute; links in it are followed inside. What is missing of it is made for the
// run, and gone afterwards. Mounts happen in the order given.
struct RunMount {
  std::string target;
  std::variant<BindMount, TmpfsMount, SecretMount, SocketMount, DeviceMount> what;
};

struct ResourceLimit {
  std::string name;  // "RLIMIT_NOFILE", ...: getrlimit(2)
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;  // cut to what this process may have
};

// As in engine::CpuLimits: 0 and "" are no limit.
struct CpuLimits {
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  std::uint64_t shares = 0;
  std::string cpus;
  std::string mems;

  bool any() const { return quota != 0 || period != 0 || shares != 0 || !cpus.empty() || !mems.empty(); }
};

// What resolv.conf(5) says instead of what this machine's says; what is empty stays.
struct DnsSettings {
  std::vector<std::string> servers;
  std::vector<std::string> search;  // "." alone: none
  std::vector<std::string> options;
};

struct RunSpec {
  std::vector<std::string> args;                         // args[0] is looked up on the PATH of `env`
  std::vector<std::pair<std::string, std::string>> env;  // all of it: nothing is inherited
  std::string cwd = "/";                                 // must exist inside; not in /proc
  rootfs::UserIds user;
  std::string hostname = "build";
  Network network = Network::kIsolated;
  // For messages: how whoever asked may choose another one.
  std::string other_networks = "`RUN --network=none` or `host` for one RUN, `ix build --network` for all";
  std::vector<std::pair<std::string, std::string>> extra_hosts;  // name, address: lines of /etc/hosts
  DnsSettings dns;
  std::vector<RunMount> mounts;

  bool no_new_privileges = true;  // false lets set-user-ID programs, sudo for one, change their user
  // No filter of system calls, every capability that this process has, and /proc and /sys as they are.
  bool insecure = false;
  std::vector<ResourceLimit> limits;
  std::uint64_t shm_size = 64u << 20;       // bytes of /dev/shm
  std::optional<std::uint64_t> pids_limit;  // processes and threads; unset: sandbox/limits.h; 0: none
  std::optional<std::uint64_t>
      memory_limit;  // bytes, without swap; unset: sandbox/limits.h, with it; 0: none
  std::optional<std::uint64_t> swap_limit = 0;  // with memory_limit: bytes of swap besides; unset: no limit
  CpuLimits cpu;
  std::chrono::milliseconds grace{2'000};  // between SIGTERM and SIGKILL when stopping
};

}  // namespace ixian::sandbox
