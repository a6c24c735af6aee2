// crun and runc differ in a few options, which are gathered here. Both are kept away from cgroups, which are
// ours to make: else a container would be moved out of the limits that it was given.
#include "sandbox/runtime.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "files/fs.h"
#include "process/subprocess.h"

namespace ixian::sandbox {
namespace {

bool is_crun(std::string_view program) {
  return program.substr(program.rfind('/') + 1).find("crun") != std::string_view::npos;
}

}  // namespace

std::string Runtime::name() const {
  return base::printable_path(program.substr(program.rfind('/') + 1));
}

std::vector<std::string> Runtime::command(const std::string& state) const {
  return {program, "--root", state + "/state", "--log", state + "/log", "--log-format", "json",
          // Cgroups that cannot be written to are no failure.
          is_crun ? "--cgroup-manager=disabled" : "--rootless=true"};
}

std::vector<std::string> Runtime::start_command(const std::string& bundle, const std::string& state,
                                                bool halted) const {
  std::vector<std::string> words = command(state);
  if (halted) {
    words.emplace_back("create");
  } else {
    words.insert(words.end(), {"run", "--detach"});
  }
  words.insert(words.end(), {"--pid-file", state + "/pid", "--bundle", bundle, "run"});
  return words;
}

std::vector<std::string> Runtime::continue_command(const std::string& state) const {
  std::vector<std::string> words = command(state);
  words.insert(words.end(), {"start", "run"});
  return words;
}

std::string Runtime::continue_pipe(const std::string& state) const {
  return state + "/state/run/exec.fifo";
}

std::vector<Runtime> runtimes() {
  const char* variable = ::getenv("PATH");
  const std::string path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  if (const char* named = ::getenv("IXIAN_RUNTIME"); named != nullptr && *named != '\0') {
    const std::string program = process::find_program(named, path);
    if (program.empty() || ::access(program.c_str(), X_OK) != 0) {
      throw base::Error(base::ErrorCode::kUsage,
                        fmt::format("program of IXIAN_RUNTIME not found: {}", base::printable_path(named)));
    }
    Runtime runtime;
    runtime.program = files::absolute_path(program, files::current_directory());
    runtime.is_crun = is_crun(program);
    return {runtime};
  }
  std::vector<Runtime> found;
  // runc is in sbin on Debian, which an ordinary user's PATH leaves out.
  for (const char* name : {"crun", "runc"}) {
    const std::string program = process::find_program(name, path + ":/usr/local/sbin:/usr/sbin:/sbin");
    if (program.empty()) continue;
    Runtime& runtime = found.emplace_back();
    runtime.program = program;
    runtime.is_crun = is_crun(name);
  }
  if (found.empty()) {
    throw base::Error(base::ErrorCode::kUsage,
                      "RUN needs an OCI runtime: neither crun nor runc found\nhint: install the package crun "
                      "or runc, or set IXIAN_RUNTIME");
  }
  return found;
}

std::string runtime_error(std::string_view log) {
  std::string found;
  for (std::string_view line : base::split(log, '\n')) {
    try {
      const base::Json entry = base::parse_json(line);
      const std::string level = entry.value("level", "");
      if (level == "error" || level == "fatal") found = entry.value("msg", "");
    } catch (const std::exception&) {
      continue;  // half a line of a runtime that was killed, or no JSON
    }
  }
  return found;
}

HiddenCgroups::HiddenCgroups(const Runtime& runtime) {
  // crun before 1.9 refuses to start where version 2 is mounted beside version 1, even if it is to leave both
  // alone; where it sees neither, it does not care.
  if (runtime.is_crun) {
    if (::access("/sys/fs/cgroup/unified", F_OK) == 0) {
      covered_ = ::mount("tmpfs", "/sys/fs/cgroup", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                         "size=4k") == 0;
    }
    return;
  }
  // runc makes groups wherever it can. Where this fails, so does runc's attempt: we are not root of the
  // machine.
  mount_attr flags = {};
  flags.attr_set = MOUNT_ATTR_RDONLY;
  ::mount_setattr(AT_FDCWD, "/sys/fs/cgroup", AT_RECURSIVE, &flags, sizeof(flags));
}

HiddenCgroups::~HiddenCgroups() {
  if (covered_) ::umount2("/sys/fs/cgroup", MNT_DETACH);
}

}  // namespace ixian::sandbox
