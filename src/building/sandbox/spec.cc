// The config.json of a container, written in full for each RUN and never taken from `runc spec`, so that both
// runtimes are told the same, whatever their defaults are. What is masked and read-only follows Docker;
// capabilities and system calls are fewer, since no build needs a daemon's.
#include "sandbox/spec.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "files/read_or_empty.h"
#include "sandbox/seccomp.h"
#include "sandbox/seccomp_program.h"

namespace ixian::sandbox {
namespace {

using base::Json;

// By their numbers: capabilities(7).
constexpr const char* kCapabilities[] = {"CAP_CHOWN",
                                         "CAP_DAC_OVERRIDE",
                                         "CAP_DAC_READ_SEARCH",
                                         "CAP_FOWNER",
                                         "CAP_FSETID",
                                         "CAP_KILL",
                                         "CAP_SETGID",
                                         "CAP_SETUID",
                                         "CAP_SETPCAP",
                                         "CAP_LINUX_IMMUTABLE",
                                         "CAP_NET_BIND_SERVICE",
                                         "CAP_NET_BROADCAST",
                                         "CAP_NET_ADMIN",
                                         "CAP_NET_RAW",
                                         "CAP_IPC_LOCK",
                                         "CAP_IPC_OWNER",
                                         "CAP_SYS_MODULE",
                                         "CAP_SYS_RAWIO",
                                         "CAP_SYS_CHROOT",
                                         "CAP_SYS_PTRACE",
                                         "CAP_SYS_PACCT",
                                         "CAP_SYS_ADMIN",
                                         "CAP_SYS_BOOT",
                                         "CAP_SYS_NICE",
                                         "CAP_SYS_RESOURCE",
                                         "CAP_SYS_TIME",
                                         "CAP_SYS_TTY_CONFIG",
                                         "CAP_MKNOD",
                                         "CAP_LEASE",
                                         "CAP_AUDIT_WRITE",
                                         "CAP_AUDIT_CONTROL",
                                         "CAP_SETFCAP",
                                         "CAP_MAC_OVERRIDE",
                                         "CAP_MAC_ADMIN",
                                         "CAP_SYSLOG",
                                         "CAP_WAKE_ALARM",
                                         "CAP_BLOCK_SUSPEND",
                                         "CAP_AUDIT_READ",
                                         "CAP_PERFMON",
                                         "CAP_BPF",
                                         "CAP_CHECKPOINT_RESTORE"};

// What a build needs of root: owners, modes and groups of files, users for services, ports, chroot. No
// devices, no raw sockets, no audit.
Json capabilities() {
  const Json all = {"CAP_CHOWN",     "CAP_DAC_OVERRIDE", "CAP_FSETID",  "CAP_FOWNER",           "CAP_SETGID",
                    "CAP_SETUID",    "CAP_SETFCAP",      "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_KILL",
                    "CAP_SYS_CHROOT"};
  return {{"bounding", all},
          {"effective", all},
          {"permitted", all},
          {"inheritable", Json::array()},
          {"ambient", Json::array()}};
}

// Those that this process may pass on: a runtime that is told to give more gives none.
Json own_capabilities() {
  Json all = Json::array();
  for (std::size_t i = 0; i < std::size(kCapabilities); ++i) {
    if (::prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) all.push_back(kCapabilities[i]);
  }
  return {{"bounding", all},
          {"effective", all},
          {"permitted", all},
          {"inheritable", Json::array()},
          {"ambient", Json::array()}};
}

Json mount(const char* target, const char* type, Json options) {
  return {{"destination", target}, {"type", type}, {"source", type}, {"options", std::move(options)}};
}

Json mounts(const RunSpec& spec, const BundlePaths& place) {
  Json terminals = {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  if (place.group_5) terminals.push_back("gid=5");
  Json list = {
      mount("/proc", "proc", {"nosuid", "noexec", "nodev"}),
      mount("/dev", "tmpfs", {"nosuid", "noexec", "strictatime", "mode=755", "size=65536k"}),
      mount("/dev/pts", "devpts", std::move(terminals)),
      mount("/dev/shm", "tmpfs",
            {"nosuid", "noexec", "nodev", "mode=1777", fmt::format("size={}", spec.shm_size)}),
      mount("/dev/mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
  };
  Json sys = {"nosuid", "noexec", "nodev"};
  if (!spec.insecure) sys.push_back("ro");
  if (place.bind_sys) {
    for (const char* option : {"rbind", "rprivate"}) sys.push_back(option);
    list.push_back(
        {{"destination", "/sys"}, {"type", "bind"}, {"source", "/sys"}, {"options", std::move(sys)}});
  } else {
    list.push_back(mount("/sys", "sysfs", std::move(sys)));
  }
  for (const auto& entry : place.mounts) {
    std::vector<std::string> options = entry.options;
    if (place.repeat_flags) options.insert(options.end(), entry.flags.begin(), entry.flags.end());
    list.push_back({{"destination", entry.target},
                    {"type", entry.type},
                    {"source", entry.source},
                    {"options", std::move(options)}});
  }
  return list;
}

Json namespaces_of(const BundlePaths& place) {
  Json list = {{{"type", "pid"}}, {{"type", "ipc"}}, {{"type", "uts"}}, {{"type", "mount"}}};
  if (!place.network.empty()) list.push_back({{"type", "network"}, {"path", place.network}});
  return list;
}

constexpr std::pair<const char*, int> kLimits[] = {
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
};

Json limit(const ResourceLimit& wanted) {
  const auto known = std::find_if(std::begin(kLimits), std::end(kLimits),
                                  [&](const auto& entry) { return wanted.name == entry.first; });
  rlimit now;
  if (known == std::end(kLimits) || ::getrlimit(static_cast<__rlimit_resource>(known->second), &now) != 0) {
    throw base::Error(base::ErrorCode::kUsage, fmt::format("unknown resource limit: {}", wanted.name));
  }
  const std::uint64_t hard = std::min<std::uint64_t>(wanted.hard, now.rlim_max);
  return {{"type", wanted.name}, {"soft", std::min<std::uint64_t>(wanted.soft, hard)}, {"hard", hard}};
}

Json limits(const BundlePaths& place) {
  // Neither what the shell around ix happened to allow nor core files in the image.
  std::vector<ResourceLimit> wanted = {{"RLIMIT_NOFILE", 1024, 524288}, {"RLIMIT_CORE", 0, RLIM_INFINITY}};
  for (const auto& entry : place.limits) {
    std::erase_if(wanted, [&](const auto& other) { return other.name == entry.name; });
    wanted.push_back(entry);
  }
  Json list = Json::array();
  for (const auto& entry : wanted) list.push_back(limit(entry));
  return list;
}

Json user(const RunSpec& spec, const BundlePaths& place) {
  Json result = {{"uid", spec.user.uid}, {"gid", spec.user.gid}, {"umask", 022}};
  if (!spec.user.groups.empty() && place.set_groups) result["additionalGids"] = spec.user.groups;
  return result;
}

// Where memory runs out, a RUN is to go before whoever started it, and before others.
int oom_score() {
  constexpr int kMore = 500;
  constexpr int kMost = 1000;
  return std::min(std::atoi(files::read_or_empty("/proc/self/oom_score_adj").c_str()) + kMore, kMost);
}

Json process(const RunSpec& spec, const BundlePaths& place) {
  Json env = Json::array();
  for (const auto& [name, value] : spec.env) env.push_back(name + "=" + value);
  return {{"terminal", false},
          {"oomScoreAdj", oom_score()},
          {"user", user(spec, place)},
          {"args", spec.args},
          {"env", std::move(env)},
          {"cwd", place.cwd},
          {"capabilities", spec.insecure ? own_capabilities() : capabilities()},
          {"rlimits", limits(place)},
          {"noNewPrivileges", spec.no_new_privileges && !spec.insecure}};
}

// One machine's filter is the same for all its RUNs.
const std::string& filter_program(const Json& profile) {
  static const std::string program = seccomp_annotation(seccomp_program(profile));
  return program;
}

}  // namespace

Json runtime_spec(const RunSpec& spec, const BundlePaths& place) {
  Json annotations = Json::object();
  Json limited = {{"namespaces", namespaces_of(place)}};
  if (!spec.insecure) {
    const Json profile = seccomp_profile(place.machine);
    // What does not know this goes by the profile.
    if (place.takes_program) annotations["run.oci.seccomp_bpf_data"] = filter_program(profile);
    limited["seccomp"] = profile;
    limited["maskedPaths"] = {"/proc/acpi",
                              "/proc/asound",
                              "/proc/interrupts",
                              "/proc/kcore",
                              "/proc/keys",
                              "/proc/latency_stats",
                              "/proc/sched_debug",
                              "/proc/scsi",
                              "/proc/timer_list",
                              "/proc/timer_stats",
                              "/sys/firmware",
                              "/sys/fs/selinux",
                              "/sys/devices/virtual/powercap"};
    limited["readonlyPaths"] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  }
  return {
      {"annotations", std::move(annotations)},
      // The oldest that has all of it: runtimes refuse what is newer than they are.
      {"ociVersion", "1.0.2"},
      {"process", process(spec, place)},
      {"root", {{"path", place.root}, {"readonly", false}}},
      {"hostname", spec.hostname},
      {"mounts", mounts(spec, place)},
      {"linux", std::move(limited)},
  };
}

}  // namespace ixian::sandbox
