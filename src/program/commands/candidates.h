// What a shell may offer where a command's table says only of which kind a word is.
#pragma once

#include <vector>

#include "cli/completion.h"
#include "commands/table.h"

namespace ixian::commands {

// What can be found without asking a registry. Never throws: who types a line is not to be interrupted.
std::vector<cli::Candidate> find_candidates(cli::Completer what, const cli::ParsedCommand& line,
                                            const CommandContext& context);

// Tasks that may be named here, and commands of ix whose names no task has.
std::vector<cli::Candidate> task_candidates(app::Workspace* workspace, bool with_commands);

}  // namespace ixian::commands
