// A seccomp profile as the program that the kernel runs.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "base/json.h"

// The runtimes make such a program themselves, by libseccomp, anew for each container: that took half of all
// the time of a small RUN.

namespace ixian::sandbox {

// `profile`: what seccomp_profile() gives; of other profiles what it does not use is not known here, and
// throws std::logic_error. Calls that are newer than all that the profile names fail with ENOSYS and not with
// its default, for then programs (the C library) take what there was before. Where arguments are compared
// from 64 bits, the upper 32 must be 0.
std::vector<sock_filter> seccomp_program(const base::Json& profile);

// As crun takes it in the annotation run.oci.seccomp_bpf_data.
std::string seccomp_annotation(const std::vector<sock_filter>& program);

}  // namespace ixian::sandbox
