// Whoever moves into a new user namespace cannot write a map of many ids for itself: that takes a process
// that stayed outside. So a helper is forked first; it waits until we are inside, writes our maps from
// outside, and ends. We then are root in there, in the same process, with nobody in between.
//
// The process has no other thread here, so the forked helper may do what any program may.
//
// What each comes to:
//
//   who                     user namespace   ids inside                    can
//   root                    none             the machine's                 everything
//   root without rights     yes              those known here, unchanged   the same, but no devices
//   user with a subuid line yes              0 is the user, 1…65535 more   files of any owner, RUN
//   user without one        yes              0 is the user                 files of one owner, RUN as root
//   neither allowed         no               -                             COPY alone: nothing can be mounted
//
// It happens in this process and before it has threads, because unshare(CLONE_NEWUSER) refuses a process with
// threads, and because a re-executed child (as podman and rootlesskit have) leaves a parent that must pass on
// signals, exit codes and terminals.
#include "process/namespaces.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/read_or_empty.h"
#include "process/id_maps.h"
#include "process/launch.h"
#include "process/subprocess.h"

namespace ixian::process {
namespace {

Namespaces answer;

bool try_mount_namespace(int flags) {
  // Mounts of the machine still arrive here, ours do not get out, and those that run() copies for itself
  // follow ours: an overlay that is taken down must not live on in the namespace of another RUN.
  return ::unshare(flags) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0;
}

bool has_threads() {
  std::error_code ignored;
  const std::filesystem::directory_iterator tasks("/proc/self/task", ignored);
  return !ignored && std::distance(begin(tasks), end(tasks)) > 1;
}

int wait_for_helper(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return decode_status(status).code;
}

// Some machines allow a user namespace and then nothing in it. 0, or the error.
int user_namespace_error() {
  const pid_t pid = ::fork();
  if (pid < 0) return errno;
  if (pid == 0) ::_exit(try_mount_namespace(CLONE_NEWUSER | CLONE_NEWNS) ? 0 : errno);
  return wait_for_helper(pid);
}

std::string setting(const std::string& name) {
  try {
    std::string text = files::read_file("/proc/sys/" + name).value_or("");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const base::Error&) {
    return "";
  }
}

std::string why_not(int error) {
  if (setting("user/max_user_namespaces") == "0") {
    return "user namespaces are disabled (sysctl user.max_user_namespaces is 0)";
  }
  if (setting("kernel/unprivileged_userns_clone") == "0") {
    return "user namespaces are for root only (sysctl kernel.unprivileged_userns_clone is 0)";
  }
  if (setting("kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "AppArmor denies user namespaces\nhint: load an AppArmor profile for ix, or set sysctl "
           "kernel.apparmor_restrict_unprivileged_userns=0";
  }
  return fmt::format(
      "cannot create a user namespace ({})\nhint: in a container, use seccomp and AppArmor profiles that "
      "allow it",
      base::errno_text(error));
}

struct Maps {
  std::vector<IdRange> uids;
  std::vector<IdRange> gids;
  std::string missing;  // why there is no more than one id
};

std::string path_variable() {
  const char* path = ::getenv("PATH");
  return path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
}

Maps wanted_maps() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  const passwd* entry = ::getpwuid(uid);
  const std::string name = entry != nullptr ? entry->pw_name : std::to_string(uid);
  Maps maps{subordinate_map(files::read_or_empty("/etc/subuid"), name, uid, uid),
            subordinate_map(files::read_or_empty("/etc/subgid"), name, uid, gid), ""};
  if (maps.uids.size() == 1 || maps.gids.size() == 1) {
    maps.missing = fmt::format(
        "/etc/{} has no line for {}, so only files of one user and group can be created\nhint: run `usermod "
        "--add-subuids 100000-165535 --add-subgids 100000-165535 {}` as root",
        maps.uids.size() == 1 ? "subuid" : "subgid", name, name);
  } else if (find_program("newuidmap", path_variable()).empty() ||
             find_program("newgidmap", path_variable()).empty()) {
    maps.missing =
        "newuidmap and newgidmap not found, so only files of one user and group can be created\nhint: "
        "install the package uidmap";
  }
  return maps;
}

// In the helper. False where the program failed.
bool map_by_program(const char* program, pid_t process, const std::vector<IdRange>& map) {
  const std::string file = find_program(program, path_variable());
  std::vector<std::string> words = {program, std::to_string(process)};
  for (auto& word : map_words(map)) words.push_back(std::move(word));
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execv(file.c_str(), argv.data());
    ::_exit(127);
  }
  return pid > 0 && wait_for_helper(pid) == 0;
}

bool write_text(const std::string& path, std::string_view text) {
  const files::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.valid() && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Forked before we move, it maps our ids when told that we have.
class Helper {
 public:
  explicit Helper(const Maps& maps) : go_(make_pipe()), said_(make_pipe()) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) {
      throw base::Error(base::ErrorCode::kTaskFailed, "cannot start a process: " + base::errno_text(errno));
    }
    if (pid_ == 0) ::_exit(serve(parent, maps));
    go_.read.reset();
    said_.write.reset();
  }

  bool map() {
    [[maybe_unused]] const ssize_t told = ::write(go_.write.get(), "x", 1);
    go_.write.reset();
    return wait_for_helper(pid_) == 0;
  }

  // What the programs said that map ids, in one line.
  std::string said() const {
    std::string text;
    char buffer[1024];
    ssize_t count = 0;
    while (text.size() < kLongestReason && (count = ::read(said_.read.get(), buffer, sizeof(buffer))) > 0)
      text.append(buffer, static_cast<std::size_t>(count));
    while (text.ends_with('\n')) text.pop_back();
    return base::join(base::split(text, '\n'), "; ");
  }

 private:
  static constexpr std::size_t kLongestReason = 4096;

  int serve(pid_t parent, const Maps& maps) {
    go_.write.reset();
    ::dup2(said_.write.get(), STDERR_FILENO);
    char byte = 0;
    if (::read(go_.read.get(), &byte, 1) != 1) return 1;
    if (::geteuid() == 0) {  // root without the right to mount: it may write the maps itself
      const std::string process = fmt::format("/proc/{}/", parent);
      return write_text(process + "uid_map", map_text(maps.uids)) &&
                     write_text(process + "gid_map", map_text(maps.gids))
                 ? 0
                 : 1;
    }
    return map_by_program("newuidmap", parent, maps.uids) && map_by_program("newgidmap", parent, maps.gids)
               ? 0
               : 1;
  }

  Pipe go_;
  Pipe said_;
  pid_t pid_ = -1;
};

// All the ids that are known where we are, as they are.
std::vector<IdRange> same_ids(const std::string& file) {
  std::vector<IdRange> map = parse_map(files::read_or_empty(file));
  for (auto& range : map) range.outside = range.inside;
  return map;
}

bool map_only_self(uid_t uid, gid_t gid) {
  // newuidmap may have done its part before newgidmap failed.
  if (files::read_or_empty("/proc/self/uid_map").empty() &&
      !write_text("/proc/self/uid_map", fmt::format("0 {} 1\n", uid))) {
    return false;
  }
  return files::read_or_empty("/proc/self/gid_map").empty()
             ? write_text("/proc/self/setgroups", "deny") &&
                   write_text("/proc/self/gid_map", fmt::format("0 {} 1\n", gid))
             : true;
}

Namespaces enter_as_user() {
  // Who has changed its ids, now or before, does not own its /proc/self, where the maps are written.
  ::prctl(PR_SET_DUMPABLE, 1);
  // Tried in a child first: a move that fails half way cannot be taken back.
  if (const int error = user_namespace_error(); error != 0) return {UserMode::kNone, why_not(error)};
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  Maps maps =
      uid == 0 ? Maps{same_ids("/proc/self/uid_map"), same_ids("/proc/self/gid_map"), ""} : wanted_maps();
  std::optional<Helper> helper;
  if (maps.missing.empty()) helper.emplace(maps);
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed, why_not(errno));
  }
  Namespaces result{UserMode::kSubordinate, ""};
  if (!helper || !helper->map()) {
    result.privileges = UserMode::kSingle;
    result.missing = !maps.missing.empty()
                         ? maps.missing
                         : fmt::format(
                               "newuidmap or newgidmap failed in spite of /etc/subuid and /etc/subgid ({}), "
                               "so only files of one user and group can be created",
                               helper->said());
    if (!map_only_self(uid, gid)) {
      throw base::Error(base::ErrorCode::kTaskFailed,
                        "cannot map ids of the user namespace: " + base::errno_text(errno));
    }
  }
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      "cannot become root of a user namespace: " + base::errno_text(errno));
  }
  ::prctl(PR_SET_DUMPABLE, 1);
  return result;
}

}  // namespace

Namespaces enter_namespaces() {
  if (has_threads()) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      "namespaces can only be entered before this program has threads");
  }
  if (::geteuid() == 0 && try_mount_namespace(CLONE_NEWNS)) {
    answer = {UserMode::kRoot, ""};
  } else {
    answer = enter_as_user();
  }
  return answer;
}

const Namespaces& namespaces() {
  return answer;
}

}  // namespace ixian::process
