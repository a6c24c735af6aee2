// The system calls that a RUN may make.
#pragma once

#include <string_view>

#include "base/json.h"

namespace ixian::sandbox {

// The `linux.seccomp` of the runtime specification (config-linux.md, "Seccomp"): everything is denied with
// EPERM that is not on the list, for the machine's architecture and the 32-bit one that its kernel runs as
// well. The list allows what a container under Docker's default profile may do that has the capabilities of
// ours: no mounts, no namespaces, no kernel modules, keys, BPF, performance counters, clocks or handles of
// files. System calls that a kernel newer than the list adds are denied as well; clone3, whose flags a filter
// cannot see, with ENOSYS, so that libraries fall back to clone. `machine` is what uname(2) says: x86_64 or
// aarch64. Throws Error{kTaskFailed} for another: there is no running without a filter.
base::Json seccomp_profile(std::string_view machine);

}  // namespace ixian::sandbox
