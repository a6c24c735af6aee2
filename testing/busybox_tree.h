// A small root file system whose programs run.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace ixian::testing {

inline bool has_busybox() {
  return std::filesystem::exists("/bin/busybox");
}

// Busybox with the names of its common tools, an /etc/passwd and /etc/group, and nothing that is to be
// mounted on: no /proc, /sys, /dev, /etc/hosts.
inline void make_busybox_tree(const std::string& folder) {
  namespace fs = std::filesystem;
  for (const char* name : {"bin", "etc", "home/user"}) fs::create_directories(folder + "/" + name);
  fs::permissions(folder, fs::perms(0755));
  fs::copy_file("/bin/busybox", folder + "/bin/busybox", fs::copy_options::overwrite_existing);
  for (const char* name :
       {"sh",     "cat",   "ls",    "id",     "env",    "mount",   "sleep",    "mkdir",    "rm",
        "touch",  "mknod", "chown", "chmod",  "stat",   "ln",      "ps",       "kill",     "true",
        "false",  "echo",  "head",  "wc",     "ip",     "unshare", "hostname", "readlink", "dd",
        "grep",   "mv",    "test",  "chroot", "umask",  "wget",    "nc",       "find",     "seq",
        "umount", "date",  "tr",    "sort",   "timeout"}) {
    fs::create_symlink("busybox", folder + "/bin/" + name);
  }
}

}  // namespace ixian::testing
