// The program.
//
// The room's front door. In: the words of the command line. Out: an exit code. Options (cli/options.h) are
// the words before the command, a Command (table.h) is a row of the table of them, a Workspace
// (app/workspace.h) is a loaded project.
#pragma once

namespace ixian::commands {

// Returns the exit code; every error has been told by then.
int run_ix(int argc, char** argv);

}  // namespace ixian::commands
