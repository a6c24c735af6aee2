// The names are grouped by what they are about. A name that the machine's architecture does not have (the
// 32-bit variants of most) is passed over by the runtime.
#include "sandbox/seccomp.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace ixian::sandbox {
namespace {

using base::Json;

constexpr std::string_view kAllowed[] = {
    // Files by name.
    "access chdir chmod chown chown32 creat execve execveat faccessat faccessat2 fchmodat fchmodat2 fchownat "
    "fstatat64 futimesat getcwd lchown lchown32 link linkat lstat lstat64 mkdir mkdirat mknod mknodat "
    "name_to_handle_at newfstatat open openat openat2 readlink readlinkat rename renameat renameat2 rmdir "
    "stat "
    "stat64 statfs statfs64 statx symlink symlinkat truncate truncate64 umask unlink unlinkat utime "
    "utimensat "
    "utimensat_time64 utimes chroot",
    // Files by descriptor.
    "_llseek close close_range copy_file_range dup dup2 dup3 fadvise64 fadvise64_64 fallocate fchdir fchmod "
    "fchown "
    "fchown32 fcntl fcntl64 fdatasync flock fstat fstat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 "
    "getdents "
    "getdents64 ioctl lseek pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readv "
    "sendfile sendfile64 splice sync sync_file_range syncfs tee vmsplice write writev cachestat",
    // Extended attributes.
    "fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat "
    "llistxattr "
    "lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat",
    // Waiting for files.
    "_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
    "epoll_wait_old eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 "
    "inotify_rm_watch "
    "poll ppoll ppoll_time64 pselect6 pselect6_time64 select",
    // Asynchronous input and output of the old kind; io_uring goes round filters.
    "io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit",
    // Memory.
    "brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap "
    "mmap2 "
    "mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect "
    "remap_file_pages",
    // Processes, threads, and waiting for them.
    "exit exit_group fork get_robust_list get_thread_area getcpu getpgid getpgrp getpid getppid getsid "
    "gettid kill "
    "pause pidfd_open pidfd_send_signal process_mrelease restart_syscall rseq set_robust_list "
    "set_thread_area "
    "set_tid_address setpgid setsid tgkill tkill uretprobe vfork wait4 waitid waitpid",
    "futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake",
    // A process may look into its own children: the kernel checks (and since 4.8 cannot be tricked into
    // skipping a filter by ptrace).
    "process_vm_readv process_vm_writev ptrace",
    // Who a process is, and what it may use.
    "capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid "
    "getresgid32 "
    "getresuid getresuid32 getuid getuid32 landlock_add_rule landlock_create_ruleset landlock_restrict_self "
    "prctl "
    "seccomp setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid "
    "setregid32 "
    "setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32",
    "getpriority getrlimit getrusage ioprio_get ioprio_set prlimit64 sched_get_priority_max "
    "sched_get_priority_min "
    "sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval "
    "sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler "
    "sched_yield "
    "setpriority setrlimit ugetrlimit",
    // Signals.
    "alarm rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
    "rt_sigtimedwait "
    "rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigprocmask sigreturn",
    // Time: reading it, for setting it takes a capability.
    "adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 "
    "clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create "
    "timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 "
    "timerfd_create "
    "timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times",
    // Sockets, but for making one.
    "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg "
    "recvmmsg_time64 "
    "recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair",
    // Message queues, semaphores, shared memory.
    "ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
    "mq_timedsend_time64 "
    "mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl "
    "shmdt "
    "shmget",
    // The machine, and the mounts that can be seen.
    "getrandom listmount statmount sysinfo uname",
};

constexpr std::string_view kAllowedX86 = "arch_prctl modify_ldt";
constexpr std::string_view kAllowedArm =
    "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2";

// linux/sched.h: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
constexpr std::uint64_t kNewNamespaces = 0x7e020000;

// linux/personality.h, what an architecture-independent program may ask for: Linux, Linux with 32-bit uname,
// both with the address space not randomised (what debuggers do), and "which is it?".
constexpr std::array<std::uint64_t, 5> kPersonalities = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};

// Addresses families that containers under Docker can use: all up to 47 but for ALG (38), which reaches the
// kernel's cryptography, VSOCK (40), which reaches the hypervisor, and those long unmaintained.
constexpr std::array<std::uint64_t, 21> kLaterFamilies = {13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27,
                                                          28, 29, 30, 31, 32, 33, 35, 36, 39, 41};
constexpr std::array<std::uint64_t, 4> kLastFamilies = {42, 43, 44, 45};
constexpr std::uint64_t kFirstUnlisted = 12;  // all families below it may be used

void add_names(Json& names, std::string_view words) {
  for (std::string_view name : base::split(words, ' ')) {
    if (!name.empty()) names.push_back(name);
  }
}

Json allow(Json names) {
  return {{"names", std::move(names)}, {"action", "SCMP_ACT_ALLOW"}};
}

Json allow_if(const char* name, const char* op, std::uint64_t value, std::uint64_t second = 0) {
  Json rule = allow(Json::array({name}));
  rule["args"] = Json::array({{{"index", 0}, {"value", value}, {"valueTwo", second}, {"op", op}}});
  return rule;
}

}  // namespace

Json seccomp_profile(std::string_view machine) {
  Json names = Json::array();
  for (std::string_view words : kAllowed) add_names(names, words);
  Json architectures;
  if (machine == "x86_64") {
    architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
    add_names(names, kAllowedX86);
  } else if (machine == "aarch64") {
    architectures = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
    add_names(names, kAllowedArm);
  } else {
    throw base::Error(
        base::ErrorCode::kTaskFailed,
        fmt::format("RUN is not supported on {}: no system call filter\nhint: build on x86_64 or aarch64",
                    machine));
  }

  Json rules = Json::array({allow(std::move(names))});
  rules.push_back(allow_if("socket", "SCMP_CMP_LT", kFirstUnlisted));
  for (const auto family : kLaterFamilies) rules.push_back(allow_if("socket", "SCMP_CMP_EQ", family));
  for (const auto family : kLastFamilies) rules.push_back(allow_if("socket", "SCMP_CMP_EQ", family));
  for (const auto value : kPersonalities) rules.push_back(allow_if("personality", "SCMP_CMP_EQ", value));
  // No flag of a new namespace may be set.
  rules.push_back(allow_if("clone", "SCMP_CMP_MASKED_EQ", kNewNamespaces, 0));
  // 38 is ENOSYS on both.
  rules.push_back({{"names", {"clone3"}}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", 38}});

  return {{"defaultAction", "SCMP_ACT_ERRNO"},
          {"defaultErrnoRet", 1},
          {"architectures", std::move(architectures)},
          {"syscalls", std::move(rules)}};
}

}  // namespace ixian::sandbox
