#include "cli/commands.h"
#include "cli/print.h"

namespace ixian::cli {

Command version_command() {
  return {"version",
          "",
          "Show the version of ix",
          "Prints the version of ix, as `ix --version` does.",
          ProjectUse::kIfItLoads,
          [](const CommandContext&) {
            print("ix " IXIAN_VERSION "\n");
            return 0;
          }};
}

}  // namespace ixian::cli
