#include <unistd.h>

#include <cstdio>

#include "cli/app.h"

// Python is not taken down, and threads may still be running its code: the process ends without any
// destructor of theirs.
int main(int argc, char** argv) {
  const int code = ixian::cli::run_ix(argc, argv);
  std::fflush(nullptr);
  ::_exit(code);
}
