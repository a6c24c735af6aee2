// The program.
//
// The room's front door. In: the words of the command line. Out: an exit code. An Invocation (invocation.h)
// is what the words mean, a Command (table.h) is a row of the table of commands, a Workspace
// (app/workspace.h) is a loaded project.
#pragma once

namespace ixian::commands {

// Returns the exit code; every error has been told by then.
int run_ix(int argc, char** argv);

}  // namespace ixian::commands
