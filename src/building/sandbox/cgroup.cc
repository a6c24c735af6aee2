// The runtimes are told to leave cgroups alone, and what we start them in is limited instead: the same for
// both versions of cgroups and both runtimes, and an unprivileged user's delegated group will do.
//
// A group is locked by its owner (flock on the directory), and the kernel ends the lock with the owner: a
// group that can be locked by someone else belongs to nobody, and goes.
#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "files/read_or_empty.h"

namespace ixian::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "ixian-";
constexpr const char* kRoot = "/sys/fs/cgroup";
constexpr std::string_view kPidsAndMemory = "limits of processes and memory";
constexpr std::string_view kProcessors = "limits of processors";
constexpr std::string_view kNotMounted = "no cgroups are mounted";
constexpr std::string_view kNoChildren =
    "the cgroup of ix cannot have child groups, as in a systemd scope with Delegate=yes";
constexpr long kCgroup2Magic = 0x63677270;  // linux/magic.h

bool write_setting(const std::string& path, const std::string& value) {
  const files::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.valid() &&
         ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::string does_not_apply(std::string_view what, std::string_view why) {
  return fmt::format("{} do not apply to RUN as a whole: {}", what, why);
}

// As runc has it: 2 to 262144 shares are weights of 1 to 10000.
std::uint64_t weight_of(std::uint64_t shares) {
  return 1 + (std::clamp<std::uint64_t>(shares, 2, 262144) - 2) * 9999 / 262142;
}

std::vector<std::pair<std::string, std::string>> version2_settings(const CpuLimits& limits) {
  std::vector<std::pair<std::string, std::string>> settings;
  if (limits.quota != 0 || limits.period != 0) {
    constexpr std::uint64_t kUsualPeriod = 100'000;
    settings.emplace_back("cpu.max",
                          fmt::format("{} {}", limits.quota == 0 ? "max" : std::to_string(limits.quota),
                                      limits.period == 0 ? kUsualPeriod : limits.period));
  }
  if (limits.shares != 0) settings.emplace_back("cpu.weight", std::to_string(weight_of(limits.shares)));
  if (!limits.cpus.empty()) settings.emplace_back("cpuset.cpus", limits.cpus);
  if (!limits.mems.empty()) settings.emplace_back("cpuset.mems", limits.mems);
  return settings;
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::string_view line : base::split(text, '\n')) {
    for (std::string_view found : base::split(line, ' ')) {
      if (found == word) return true;
    }
  }
  return false;
}

// The group that this process is in, of a version 1 controller or of version 2 (""). nullopt: of neither.
std::optional<std::string> own_group(std::string_view controller) {
  const std::string cgroups = files::read_or_empty("/proc/self/cgroup");
  for (std::string_view line : base::split(cgroups, '\n')) {
    const auto fields = base::split(line, ':');
    if (fields.size() < 3) continue;
    bool match = fields[1] == controller;
    for (std::string_view name : base::split(fields[1], ',')) match = match || name == controller;
    if (match) return std::string(line.substr(fields[0].size() + fields[1].size() + 2));
  }
  return std::nullopt;
}

// Where a version 1 controller is mounted, and which part of its tree: /proc/self/mountinfo, proc(5).
std::optional<std::string> version1_folder(std::string_view controller) {
  const std::string mounts = files::read_or_empty("/proc/self/mountinfo");
  for (std::string_view line : base::split(mounts, '\n')) {
    const std::size_t dash = line.find(" - cgroup ");
    if (dash == std::string_view::npos) continue;
    const auto tail = base::split(line.substr(dash + 3), ' ');
    const auto head = base::split(line.substr(0, dash), ' ');
    if (tail.size() < 3 || head.size() < 5) continue;
    bool match = false;
    for (std::string_view option : base::split(tail[2], ',')) match = match || option == controller;
    if (!match) continue;
    std::string own = own_group(controller).value_or("/");
    if (head[3] != "/" && own.starts_with(head[3])) own = own.substr(head[3].size());
    return std::string(head[4]) + (own == "/" ? "" : own);
  }
  return std::nullopt;
}

bool is_version2() {
  struct statfs info;
  return ::statfs(kRoot, &info) == 0 && info.f_type == kCgroup2Magic;
}

// A group of version 2 can have limits only where its parent hands the controllers down, and that only where
// no process is in the parent itself, but for the root.
bool hands_down(const std::string& parent) {
  const std::string file = parent + "/cgroup.subtree_control";
  const std::string now = files::read_or_empty(file);
  if (has_word(now, "pids") && has_word(now, "memory")) return ::access(parent.c_str(), W_OK) == 0;
  return write_setting(file, "+pids +memory");
}

std::optional<std::string> version2_parent() {
  const std::string own = own_group("").value_or("/");
  std::vector<std::string> candidates;
  // Beside our own group, not below it: a group of version 2 that has processes cannot hand down controllers.
  if (own != "/") candidates.push_back(kRoot + own.substr(0, own.rfind('/')));
  if (candidates.empty() || candidates[0] != kRoot) candidates.emplace_back(kRoot);
  for (const auto& parent : candidates) {
    if (hands_down(parent)) return parent;
  }
  return std::nullopt;
}

// Of a file with "name number" on each line; 0 where it has none of that name.
std::uint64_t count_of(const std::string& path, std::string_view name) {
  const std::string text = files::read_or_empty(path);
  for (std::string_view line : base::split(text, '\n')) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') continue;
    std::uint64_t value = 0;
    line.remove_prefix(name.size() + 1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    std::from_chars(line.data(), line.data() + line.size(), value);
    return value;
  }
  return 0;
}

void remove_abandoned(const std::string& parent) {
  std::error_code error;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
    const std::string path = entry->path().string();
    if (!entry->path().filename().string().starts_with(kPrefix)) continue;
    const files::UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.valid() && ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) ::rmdir(path.c_str());
  }
}

std::string new_name() {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}{}-{}-{}", kPrefix, ::getpid(),
                     std::chrono::steady_clock::now().time_since_epoch().count(), ++counter);
}

}  // namespace

Cgroup::Cgroup(const CgroupLimits& limits) {
  if (is_version2())
    make_version2(limits);
  else
    make_version1(limits);
  limits_pids_ = limits_pids_ && limits.pids != 0;
  limits_memory_ = limits_memory_ && limits.memory != 0;
  for (const auto& group : groups_) joins_.push_back(group.procs.get());
}

void Cgroup::make_version2(const CgroupLimits& limits) {
  const auto parent = version2_parent();
  if (!parent) {
    reason_ = does_not_apply(kPidsAndMemory, kNoChildren);
    if (limits.cpu.any()) cpu_reason_ = does_not_apply(kProcessors, kNoChildren);
    return;
  }
  Settings settings;
  if (limits.pids != 0) settings.emplace_back("pids.max", std::to_string(limits.pids));
  if (limits.memory != 0) settings.emplace_back("memory.max", std::to_string(limits.memory));
  if (limits.memory != 0 && limits.swap)
    settings.emplace_back("memory.swap.max", std::to_string(*limits.swap));
  if (limits.cpu.any()) write_setting(*parent + "/cgroup.subtree_control", "+cpu +cpuset");
  if (settings.empty() && !limits.cpu.any()) return;
  limits_pids_ = limits_memory_ = make(*parent, settings, reason_, kPidsAndMemory);
  if (!limits_pids_) cpu_reason_ = limits.cpu.any() ? reason_ : "";
  if (!limits_pids_) return;
  for (const auto& [name, value] : version2_settings(limits.cpu)) {
    if (write_setting(groups_.back().path + "/" + name, value)) continue;
    cpu_reason_ = does_not_apply(kProcessors, fmt::format("cannot set {} to {} in {} ({})", name, value,
                                                          groups_.back().path, base::errno_text(errno)));
  }
}

// Version 1 has a hierarchy for each controller, so there may be several groups, and one without the others.
void Cgroup::make_version1(const CgroupLimits& limits) {
  const auto pids_folder = version1_folder("pids");
  const auto memory_folder = version1_folder("memory");
  if (!pids_folder || !memory_folder) reason_ = does_not_apply(kPidsAndMemory, kNotMounted);
  if (pids_folder && limits.pids != 0) {
    limits_pids_ = make(*pids_folder, {{"pids.max", std::to_string(limits.pids)}}, reason_, kPidsAndMemory);
  }
  if (memory_folder && limits.memory != 0) {
    Settings settings = {{"memory.limit_in_bytes", std::to_string(limits.memory)}};
    // Of memory and swap together.
    if (limits.swap)
      settings.emplace_back("memory.memsw.limit_in_bytes", std::to_string(limits.memory + *limits.swap));
    limits_memory_ = make(*memory_folder, settings, reason_, kPidsAndMemory);
  }
  if (limits.cpu.any()) make_version1_cpu(limits.cpu);
}

void Cgroup::make_version1_cpu(const CpuLimits& limits) {
  const auto add = [&](std::string_view controller, const Settings& settings) {
    const auto folder = version1_folder(controller);
    if (!folder) cpu_reason_ = does_not_apply(kProcessors, kNotMounted);
    if (folder) make(*folder, settings, cpu_reason_, kProcessors);
  };
  Settings time;
  if (limits.period != 0) time.emplace_back("cpu.cfs_period_us", std::to_string(limits.period));
  if (limits.quota != 0) time.emplace_back("cpu.cfs_quota_us", std::to_string(limits.quota));
  if (limits.shares != 0) time.emplace_back("cpu.shares", std::to_string(limits.shares));
  if (!time.empty()) add("cpu", time);
  if (limits.cpus.empty() && limits.mems.empty()) return;
  // No process can join a group that has not both.
  const std::string parent = version1_folder("cpuset").value_or("");
  const auto given_or_inherited = [&](const std::string& given, const char* name) {
    return given.empty() ? std::string(base::trim(files::read_or_empty(parent + "/" + name))) : given;
  };
  add("cpuset", {{"cpuset.cpus", given_or_inherited(limits.cpus, "cpuset.cpus")},
                 {"cpuset.mems", given_or_inherited(limits.mems, "cpuset.mems")}});
}

bool Cgroup::was_short_of_pids() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const Group& group) { return count_of(group.path + "/pids.events", "max") > 0; });
}

bool Cgroup::was_short_of_memory() const {
  return std::any_of(groups_.begin(), groups_.end(), [](const Group& group) {
    return count_of(group.path + "/memory.events", "oom_kill") > 0 ||
           count_of(group.path + "/memory.oom_control", "oom_kill") > 0;
  });
}

bool Cgroup::make(const std::string& parent, const Settings& settings, std::string& reason,
                  std::string_view what) {
  remove_abandoned(parent);
  Group group{parent + "/" + new_name(), {}, {}};
  bool ok = ::mkdir(group.path.c_str(), 0755) == 0;
  if (ok) {
    group.held = files::UniqueFd(::open(group.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Shared for its owner, exclusive for who looks for abandoned ones.
    ok = group.held.valid() && ::flock(group.held.get(), LOCK_SH) == 0;
    for (const auto& [name, value] : settings) {
      // Without swap there is nothing to limit.
      if (!write_setting(group.path + "/" + name, value) && name.find("sw") == std::string::npos) ok = false;
    }
    group.procs = files::UniqueFd(::open((group.path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    ok = ok && group.procs.valid();
  }
  if (!ok) {
    reason = does_not_apply(what,
                            fmt::format("cannot create cgroups in {} ({})", parent, base::errno_text(errno)));
    ::rmdir(group.path.c_str());
    return false;
  }
  groups_.push_back(std::move(group));
  return true;
}

std::uint64_t available_memory() {
  std::uint64_t least = count_of("/proc/meminfo", "MemTotal:") << 10;
  const auto lower = [&](std::uint64_t bytes) {
    if (bytes != 0 && (least == 0 || bytes < least)) least = bytes;
  };
  if (!is_version2()) {
    if (const auto folder = version1_folder("memory"))
      lower(count_of(*folder + "/memory.stat", "hierarchical_memory_limit"));
    return least;
  }
  std::string group = own_group("").value_or("/");
  while (true) {
    const std::string text = files::read_or_empty(kRoot + group + "/memory.max");  // "max", or a number
    std::uint64_t bytes = 0;
    std::from_chars(text.data(), text.data() + text.size(), bytes);
    lower(bytes);
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos || group == "/") return least;
    group = slash == 0 ? "/" : group.substr(0, slash);
  }
}

Cgroup::~Cgroup() {
  // The processes have ended; the kernel may take a moment to count them out.
  for (auto& group : groups_) {
    for (int round = 0; round < 50 && ::rmdir(group.path.c_str()) != 0 && errno == EBUSY; ++round) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
}

}  // namespace ixian::sandbox
