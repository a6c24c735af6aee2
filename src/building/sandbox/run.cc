// The order of things for one RUN, each undone when its scope ends, in reverse:
//
//   1. the cgroup, with its limits                        removed by the destructor, once it is empty
//   2. mount points, made in the root file system         taken away, with the times of their directories
//   3. detached copies of the sources of bind mounts      closed
//   4. a thread with a mount namespace of its own         ends, and all below is gone with it
//      a. staging, a tmpfs: secrets, /etc files, binds, config.json, the runtime's state
//      b. the network namespace, mounted on a file in staging
//      c. the supervisor's pid namespace: the network's helper, the runtime, the container
//
// What a crash leaves is in the work folder of a build that will not be used any more, and nowhere else:
// mounts, processes and namespaces belong to this process and end with it.
//
// The runtime is tried, not asked for its version: if crun cannot start a container here, runc is tried, and
// whichever has started one is used from then on.
#include "sandbox/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "base/threads.h"
#include "files/fs.h"
#include "process/id_maps.h"
#include "process/namespaces.h"
#include "rootfs/resolve_in_root.h"
#include "sandbox/bind_source.h"
#include "sandbox/cgroup.h"
#include "sandbox/limits.h"
#include "sandbox/memfd_program.h"
#include "sandbox/mount_staging.h"
#include "sandbox/mount_targets.h"
#include "sandbox/network.h"
#include "sandbox/runtime.h"
#include "sandbox/spec.h"
#include "sandbox/supervisor.h"

namespace ixian::sandbox {
namespace {

// The runtime that has run a container in this process: it need not be doubted again.
class Proven {
 public:
  std::string get() {
    const std::lock_guard lock(mutex_);
    return program_;
  }
  void set(const std::string& program) {
    const std::lock_guard lock(mutex_);
    program_ = program;
  }

 private:
  std::mutex mutex_;
  std::string program_;
};

Proven& proven() {
  static Proven one;
  return one;
}

[[noreturn]] void usage(std::string message) {
  throw base::Error(base::ErrorCode::kUsage, std::move(message));
}

void check(const RunSpec& spec) {
  if (spec.args.empty() || spec.args[0].empty()) usage("RUN has no command");
  for (const auto& word : spec.args) {
    if (word.find('\0') != std::string::npos) usage("the command of RUN contains a NUL byte");
  }
  for (const auto& mount : spec.mounts) {
    if (!mount.target.starts_with('/')) {
      usage(fmt::format("the target of a mount must be an absolute path: {}",
                        base::printable_path(mount.target)));
    }
  }
}

// A directory of the image, by its real name. Not of /proc, where the links of descriptors lead out.
std::string working_directory(const std::string& root, const std::string& cwd) {
  const files::UniqueFd root_fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_fd.valid()) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot open {}: {}", base::printable_path(root), base::errno_text(errno)));
  }
  const rootfs::ConfinedPath where = rootfs::resolve_in_root(root_fd.get(), cwd);
  const std::string inside = where.inside();
  struct stat info;
  const files::UniqueFd folder = rootfs::open_inside(root_fd.get(), where, O_PATH);
  if (inside != "/proc" && below(inside, "/proc")) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("{} cannot be the working directory: paths below /proc escape the image",
                                  base::printable_path(cwd)));
  }
  if (!folder.valid() || ::fstat(folder.get(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    throw base::Error(
        base::ErrorCode::kTaskFailed,
        fmt::format("working directory {} is not a directory in the image", base::printable_path(cwd)));
  }
  return inside;
}

std::string hosts_file(const RunSpec& spec) {
  std::string text = fmt::format(
      "127.0.0.1\tlocalhost {0}\n::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\t"
      "ip6-allrouters\n",
      spec.hostname);
  for (const auto& [name, address] : spec.extra_hosts) text += fmt::format("{}\t{}\n", address, name);
  return text;
}

// Whether a user namespace has a number of /proc/self/uid_map or gid_map.
bool knows(const char* map, std::uint32_t id) {
  for (const auto& range : process::parse_map(files::read_file(map).value_or(""))) {
    if (id >= range.inside && id - range.inside < range.count) return true;
  }
  return false;
}

// With what keeps this program from having more user ids.
std::string with_missing(const std::string& message) {
  const std::string& missing = process::namespaces().missing;
  return missing.empty() ? message : message + ": " + missing;
}

void check_user(const rootfs::UserIds& user) {
  if (knows("/proc/self/uid_map", user.uid) && knows("/proc/self/gid_map", user.gid)) return;
  throw base::Error(base::ErrorCode::kTaskFailed,
                    with_missing(fmt::format("RUN cannot run as user {} with group {}", user.uid, user.gid)));
}

std::string config_text(const RunSpec& spec, const BundlePaths& place) {
  try {
    return runtime_spec(spec, place).dump();
  } catch (const base::Json::exception&) {
    usage("the command, environment and paths of RUN must be UTF-8");
  }
}

bool in_user_namespace() {
  const auto map = process::parse_map(files::read_file("/proc/self/uid_map").value_or(""));
  return map.size() != 1 || map[0].inside != 0 || map[0].outside != 0 || map[0].count != UINT32_MAX;
}

struct EtcTargets {
  std::string resolv_conf, hosts, hostname;
};

// The usual case in words that are searched for.
std::string launch_failure(const std::string& program, const std::string& runtime_error) {
  const bool missing = runtime_error.find("not found") != std::string::npos ||
                       runtime_error.find("no such file") != std::string::npos;
  if (missing && runtime_error.find("xecutable") != std::string::npos)
    return base::printable_path(program) + " not found in the image";
  return "rejected by the OCI runtime";
}

class Run {
 public:
  Run(rootfs::MountedRoot& mount, const RunSpec& spec, const OnOutput& on_output,
      base::Cancellation& cancellation)
      : mount_(mount), spec_(spec), on_output_(on_output), cancellation_(cancellation) {}

  process::ExitStatus go() {
    check(spec_);
    if (::geteuid() != 0) {
      throw base::Error(base::ErrorCode::kTaskFailed, with_missing("RUN needs root or a user namespace"));
    }
    check_user(spec_.user);
    cancellation_.throw_if_requested();
    place_.cwd = working_directory(mount_.path(), spec_.cwd);
    utsname machine;
    ::uname(&machine);
    place_.machine = machine.machine;
    const std::string folder = mount_.scratch() + "/run";
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          fmt::format("cannot create {}: {}", base::printable_path(folder), base::errno_text(errno)));
    }
    const auto candidates = runtimes();
    const PidsShare pids(spec_.pids_limit);
    const Cgroup group({pids.count(), spec_.memory_limit.value_or(default_memory(available_memory())),
                        spec_.memory_limit ? spec_.swap_limit : std::nullopt, spec_.cpu});
    limit_each_process(group, pids.count());

    MountTargets targets(mount_);
    for (const char* path : {"/proc", "/sys", "/dev"}) targets.add_builtin(path);
    etc_ = {targets.add_file("/etc/resolv.conf"), targets.add_file("/etc/hosts"),
            targets.add_file("/etc/hostname")};
    for (const auto& mount : spec_.mounts) {
      targets.add(mount);
      const auto* bind = std::get_if<BindMount>(&mount.what);
      // Here and not in the thread: a mount can only be copied in the namespace that it is in.
      trees_.push_back(bind != nullptr ? detached_mount(*bind) : files::UniqueFd());
    }

    std::exception_ptr thrown;
    process::ExitStatus status;
    base::start_thread([&] {
      try {
        own_mounts();
        status = run_in(folder, candidates, group, targets);
      } catch (...) {
        thrown = std::current_exception();
      }
      // This namespace lives a moment longer than the thread, and what it shows must be gone by then.
      ::umount2(folder.c_str(), MNT_DETACH);
    }).join();
    ::rmdir(folder.c_str());
    if (thrown) std::rethrow_exception(thrown);
    if (!status.ok()) tell_limits(group, pids.count());
    return status;
  }

 private:
  // Where no group can hold a limit, one of each process is better than none. Memory that is only reserved is
  // none that was asked for, so a limit that nobody asked for is not put on it.
  void limit_each_process(const Cgroup& group, std::uint64_t pids) {
    place_.limits = spec_.limits;
    const auto limit = [&](const char* name, std::uint64_t value) {
      const bool said = std::any_of(spec_.limits.begin(), spec_.limits.end(),
                                    [&](const ResourceLimit& each) { return each.name == name; });
      if (!said && value != 0) place_.limits.push_back({name, value, value});
    };
    if (!group.limits_pids()) limit("RLIMIT_NPROC", pids);
    if (!group.limits_memory()) limit("RLIMIT_DATA", spec_.memory_limit.value_or(0));
  }

  // What the command says of it is mostly no more than that something failed.
  void tell_limits(const Cgroup& group, std::uint64_t pids) {
    if (group.was_short_of_pids()) {
      on_output_(fmt::format("ix: RUN reached its limit of {} processes and threads", pids));
    }
    if (group.was_short_of_memory())
      on_output_("ix: a process was killed because RUN exceeded its memory limit");
  }

  static void own_mounts() {
    // Mounts of this process that are taken down meanwhile are taken down here as well.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          with_missing(fmt::format("RUN cannot create a mount namespace ({})", base::errno_text(errno))));
    }
  }

  process::ExitStatus run_in(const std::string& folder, const std::vector<Runtime>& candidates,
                             const Cgroup& group, const MountTargets& targets) {
    const MountStaging staging(folder);
    place_.root = staging.root(mount_.path());
    const NetworkPlan network =
        plan_network(spec_.network, staging.write("network", ""), spec_.other_networks);
    place_.network = network.file;
    // sysfs can be mounted only by who owns the network namespace.
    place_.bind_sys = network.file.empty() && in_user_namespace();
    place_.group_5 = knows("/proc/self/gid_map", 5);
    place_.set_groups = files::read_file("/proc/self/setgroups").value_or("allow") != "deny\n";
    add_mounts(staging, network, targets);
    std::string first_error;
    const std::string known = proven().get();
    const bool certain = std::any_of(candidates.begin(), candidates.end(),
                                     [&](const Runtime& runtime) { return runtime.program == known; });
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (certain && candidates[i].program != known) continue;
      const std::string error = attempt(staging, candidates[i], i, network, group);
      if (error.empty()) {
        if (!certain) proven().set(candidates[i].program);
        return status_;
      }
      if (first_error.empty()) first_error = candidates[i].name() + ": " + error;
    }
    throw base::Error(base::ErrorCode::kTaskFailed,
                      "cannot start RUN: " + launch_failure(spec_.args[0], first_error),
                      base::join(spec_.args, " ") + "\nnote: " + first_error);
  }

  // "" where the command was started, status_ is set then; else what the runtime said.
  std::string attempt(const MountStaging& staging, const Runtime& runtime, std::size_t index,
                      const NetworkPlan& network, const Cgroup& group) {
    const std::string state = staging.path(fmt::format("runtime{}", index));
    if (::mkdir(state.c_str(), 0700) != 0) {
      throw base::Error(base::ErrorCode::kTaskFailed,
                        "cannot create " + base::printable_path(state) + ": " + base::errno_text(errno));
    }
    const HiddenCgroups hidden(runtime);
    InitSpec what;
    // crun mounts the root directory once more without the flags that it has.
    const bool halted = runtime.is_crun && !in_user_namespace();
    place_.repeat_flags = runtime.is_crun;
    place_.takes_program = runtime.is_crun;
    staging.write(fmt::format("runtime{}/config.json", index), config_text(spec_, place_));
    what.argv = runtime.start_command(state, state, halted);
    what.program = memfd_program(runtime.program);
    if (halted) {
      what.go_on_pipe = runtime.continue_pipe(state);
      what.go_on = runtime.continue_command(state);
    }
    what.pid_file = state + "/pid";
    what.helper = network.helper;
    what.joins = group.joins();
    what.grace = spec_.grace;
    const InitResult end = run_supervised(what, on_output_, cancellation_);
    if (end.kind == InitResult::Kind::kHelperFailed) {
      throw base::Error(base::ErrorCode::kTaskFailed,
                        fmt::format("{} cannot set up the network of RUN\nhint: use another network: {}",
                                    base::printable_path(what.helper.argv[0]), spec_.other_networks),
                        end.helper_output);
    }
    status_ = end.status;
    if (end.kind == InitResult::Kind::kEnded) return "";
    const std::string error = runtime_error(files::read_file(state + "/log").value_or(""));
    return error.empty() ? "failed without a message" : error;
  }

  void add_mounts(const MountStaging& staging, const NetworkPlan& network, const MountTargets& targets) {
    const std::vector<std::string> options = {"bind", "rprivate", "nosuid", "nodev", "noexec"};
    place_.mounts = {
        {etc_.resolv_conf,
         "bind",
         staging.write("resolv.conf", resolv_conf_with(network.resolv_conf, spec_.dns)),
         options,
         {}},
        {etc_.hosts, "bind", staging.write("hosts", hosts_file(spec_)), options, {}},
        {etc_.hostname, "bind", staging.write("hostname", spec_.hostname + "\n"), options, {}},
    };
    for (std::size_t i = 0; i < spec_.mounts.size(); ++i) {
      const std::string name = fmt::format("mount{}", i);
      SpecMount mount;
      const auto& what = spec_.mounts[i].what;
      if (const auto* bind = std::get_if<BindMount>(&what)) mount = staging.bind(*bind, trees_[i], name);
      if (const auto* tmpfs = std::get_if<TmpfsMount>(&what)) mount = staging.tmpfs(*tmpfs, name);
      if (const auto* secret = std::get_if<SecretMount>(&what)) mount = staging.secret(*secret, name);
      if (const auto* device = std::get_if<DeviceMount>(&what)) mount = staging.device(*device, name);
      if (const auto* socket = std::get_if<SocketMount>(&what)) mount = staging.socket(*socket, name);
      mount.target = targets.resolved(i);
      place_.mounts.push_back(std::move(mount));
    }
  }

  rootfs::MountedRoot& mount_;
  const RunSpec& spec_;
  const OnOutput& on_output_;
  base::Cancellation& cancellation_;
  BundlePaths place_;
  EtcTargets etc_;
  std::vector<files::UniqueFd> trees_;  // of the mounts that are binds
  process::ExitStatus status_;
};

}  // namespace

process::ExitStatus run(rootfs::MountedRoot& mount, const RunSpec& spec, const OnOutput& on_output,
                        base::Cancellation& cancellation) {
  return Run(mount, spec, on_output, cancellation).go();
}

std::string why_no_limits() {
  return Cgroup({1 << 20, std::uint64_t{1} << 40, 0, {}}).reason();
}

std::string why_no_cpu_limits(const CpuLimits& limits) {
  return Cgroup({0, 0, {}, limits}).cpu_reason();
}

}  // namespace ixian::sandbox
