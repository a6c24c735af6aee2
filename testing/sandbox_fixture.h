// Tests that mount and run containers.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "process/namespaces.h"
#include "rootfs/root_fs.h"
#include "sandbox/run.h"
#include "testing/busybox_tree.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

// Enters namespaces once for the test program. "" where that went well, else why not.
inline const std::string& entering_failed() {
  static const std::string reason = [] {
    try {
      const auto entered = process::enter_namespaces();
      return entered.privileges == process::UserMode::kNone ? entered.missing : "";
    } catch (const base::Error& error) {
      return error.message();
    }
  }();
  return reason;
}

inline bool on_path(const std::string& program) {
  std::stringstream path(std::string(::getenv("PATH")) + ":/usr/sbin:/sbin");
  for (std::string folder; std::getline(path, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

class WithVariable {
 public:
  WithVariable(const char* name, const std::string& value) : name_(name) {
    const char* old = ::getenv(name);
    had_ = old != nullptr;
    if (had_) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  ~WithVariable() { had_ ? ::setenv(name_, old_.c_str(), 1) : ::unsetenv(name_); }
  WithVariable(const WithVariable&) = delete;
  WithVariable& operator=(const WithVariable&) = delete;

 private:
  const char* name_;
  bool had_ = false;
  std::string old_;
};

// One image of one layer, and a RUN in it.
class RunInBusybox {
 public:
  RunInBusybox() {
    for (const char* name : {"lower", "work"}) std::filesystem::create_directory(folder / name);
    make_busybox_tree(lower());
    spec.network = sandbox::Network::kNone;
    spec.env = {{"PATH", "/bin"}, {"HOME", "/"}};
  }

  std::string lower() const { return folder / "lower"; }

  rootfs::MountedRoot& mount() {
    if (!mount_) {
      root_fs_ = rootfs::RootFs::choose(folder.path());
      mount_ = root_fs_->prepare({lower()}, folder / "work", cancellation);
    }
    return *mount_;
  }

  // The exit code; what was written stands in `lines`.
  int run(std::vector<std::string> args) {
    spec.args = std::move(args);
    lines.clear();
    return sandbox::run(
               mount(), spec, [this](std::string_view line) { lines.emplace_back(line); }, cancellation)
        .code;
  }
  int sh(const std::string& script) { return run({"/bin/sh", "-c", script}); }

  // All that was written.
  std::string output() const {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
  }

  // What a RUN changed, by path below the root, sorted. Takes the mount down.
  std::vector<std::string> changes() {
    const std::string upper = mount().finish();
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(upper)) {
      paths.push_back(entry.path().string().substr(upper.size()));
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  TempFolder folder;
  sandbox::RunSpec spec;
  base::Cancellation cancellation;
  std::vector<std::string> lines;

 private:
  std::unique_ptr<rootfs::RootFs> root_fs_;
  std::unique_ptr<rootfs::MountedRoot> mount_;
};

#define IXIAN_SKIP_WITHOUT_SANDBOX()                                                         \
  do {                                                                                       \
    if (!::ixian::testing::has_busybox()) GTEST_SKIP() << "busybox-static is not installed"; \
    if (!::ixian::testing::entering_failed().empty()) {                                      \
      GTEST_SKIP() << ::ixian::testing::entering_failed();                                   \
    }                                                                                        \
  } while (false)

// An ordinary user without subordinate ids is the only one inside.
#define IXIAN_SKIP_WITH_ONE_ID()                                                            \
  do {                                                                                      \
    if (::ixian::process::namespaces().privileges == ::ixian::process::UserMode::kSingle) { \
      GTEST_SKIP() << ::ixian::process::namespaces().missing;                               \
    }                                                                                       \
  } while (false)

#define IXIAN_SKIP_WITHOUT_ISOLATED_NETWORK()                                                   \
  do {                                                                                          \
    if (!::ixian::testing::on_path("pasta") && !::ixian::testing::on_path("slirp4netns")) {     \
      GTEST_SKIP() << "neither pasta nor slirp4netns is installed";                             \
    }                                                                                           \
    if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/net/tun is not ours"; \
  } while (false)

}  // namespace ixian::testing
