#include "cli/print.h"
#include "commands/table.h"

namespace ixian::commands {

Command version_command() {
  return {"version",
          "",
          "Show the version of ix",
          "Prints the version of ix, as `ix --version` does.",
          ProjectUse::kIfItLoads,
          kOnlyAsks,
          [](const CommandContext& context) {
            if (!context.options.version)
              cli::require_arguments(context.options.run.args, 0, 0, "ix version");
            cli::print("ix " IXIAN_VERSION "\n");
            return 0;
          }};
}

}  // namespace ixian::commands
