// The program.
#pragma once

namespace ixian::cli {

// Returns the exit code; every error has been told by then.
int run_ix(int argc, char** argv);

}  // namespace ixian::cli
