// RUN: one command in a container.
//
// The room's front door. In: a root file system (MountedRoot, which RootFs makes of the layers' directories)
// and a RunSpec, which says what the command is and what it sees. Out: its output line by line, its exit
// status, and from MountedRoot::finish() the directory with what it has changed. All else in this folder
// serves these.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "process/subprocess.h"
#include "rootfs/root_fs.h"
#include "sandbox/run_spec.h"

namespace ixian::sandbox {

// Each line the command writes, without its newline, any bytes; both outputs in the order in which they come.
using OnOutput = std::function<void(std::string_view line)>;

// Runs one command in `mount` through an OCI runtime: the one that IXIAN_RUNTIME names (a name on PATH or a
// file), else crun, else runc. It sees new pid, mount, ipc and uts namespaces and the network that it was
// given; 11 capabilities, none of them inheritable; a seccomp filter that denies what is not on its list;
// /proc and /sys read-only where they speak for the machine; the usual /dev; /etc/resolv.conf, hosts and
// hostname; descriptors 0 (/dev/null), 1 and 2 alone.
//
// Returns what the command returned, 128 + signal where a signal ended it. Neither mounts nor their mount
// points, processes, cgroups nor state remain, and if this process is killed the kernel ends the container.
// When stopping is requested all processes inside get SIGTERM, after `grace` SIGKILL, and Cancelled is
// thrown. Throws Error{kTaskFailed} where the command could not be started, with what the runtime said;
// Error{kUsage} for a spec that makes no sense, or a network that this machine lacks the programs for.
//
// Blocks; `on_output` is called from one other thread meanwhile. Thread-safe for different mounts.
process::ExitStatus run(rootfs::MountedRoot& mount, const RunSpec& spec, const OnOutput& on_output,
                        base::Cancellation& cancellation);

// Why pids_limit and memory_limit are no more than limits of each process here, one sentence; "" where they
// hold for all of a RUN.
std::string why_no_limits();

// Why these do not hold here, or not all of them, one sentence; "" where they do.
std::string why_no_cpu_limits(const CpuLimits& limits);

}  // namespace ixian::sandbox
