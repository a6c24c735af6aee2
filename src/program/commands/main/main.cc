#include <malloc.h>
#include <unistd.h>

#include <cstdio>

#include "commands/app.h"

namespace {

// A buffer that large goes back to the system when it is freed. Left to itself the allocator learns from the
// first one to keep them, between small pieces that live long: a quarter of the memory of a build.
constexpr int kReturned = 512 << 10;
// What is free at the end of a heap goes back when it is so much.
constexpr int kKept = 8 << 20;

}  // namespace

// Python is not taken down, and threads may still be running its code: the process ends without any
// destructor of theirs.
int main(int argc, char** argv) {
  ::mallopt(M_MMAP_THRESHOLD, kReturned);
  ::mallopt(M_TRIM_THRESHOLD, kKept);
  const int code = ixian::commands::run_ix(argc, argv);
  std::fflush(nullptr);
  ::_exit(code);
}
