// Runs a command and prints what it took: seconds, seconds of processor time, and the largest resident set of
// one process in MiB.
//
// All descendants count, those too that their parents left behind, as long as they have ended when the
// command does. A program of its own, for on Linux a process inherits the peak of whoever started it, and the
// bench itself is large.
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: measured FILE COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (const int error = ::posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ); error != 0) {
    std::fprintf(stderr, "measured: %s: %s\n", argv[2], std::strerror(error));
    return 127;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  rusage usage = {};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  std::FILE* file = std::fopen(argv[1], "w");
  if (file == nullptr) {
    std::fprintf(stderr, "measured: %s: %s\n", argv[1], std::strerror(errno));
    return 126;
  }
  std::fprintf(file, "%.6f %.6f %.2f\n", taken.count(), seconds(usage.ru_utime) + seconds(usage.ru_stime),
               static_cast<double>(usage.ru_maxrss) / 1024);
  std::fclose(file);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
