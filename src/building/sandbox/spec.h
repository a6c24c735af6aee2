// A RunSpec in the words of the OCI runtime specification.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/run_spec.h"

namespace ixian::sandbox {

struct SpecMount {
  std::string target;                // inside, without links
  std::string type;                  // "bind"
  std::string source;                // of this machine
  std::vector<std::string> options;  // mount(8)
  std::vector<std::string> flags;    // options that `source` has already been mounted with
};

// What has been made ready on this machine.
struct BundlePaths {
  std::string root;            // the root directory
  std::string cwd;             // inside, without links
  std::string network;         // the file that is its network namespace, "" for the machine's own
  bool bind_sys = false;       // /sys cannot be mounted anew: it belongs to another network namespace
  bool group_5 = true;         // the terminals' group has a number here
  bool repeat_flags = false;   // the runtime does not keep the flags of what it binds
  bool set_groups = true;      // setgroups(2) is allowed; else there are no supplementary groups
  bool takes_program = false;  // the runtime may take its filter of system calls as a program
  std::string machine;         // uname -m
  std::vector<SpecMount> mounts;
  std::vector<ResourceLimit> limits;  // of each process
};

// The config.json. Throws Error{kTaskFailed} for a machine without a seccomp profile, Error{kUsage} for a
// resource limit that does not exist.
base::Json runtime_spec(const RunSpec& spec, const BundlePaths& place);

}  // namespace ixian::sandbox
