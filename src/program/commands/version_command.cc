#include "cli/global_flags.h"
#include "cli/print.h"
#include "commands/table.h"

namespace ixian::commands {
namespace {

cli::CommandSpec version_spec() {
  return {.description = "Prints the version of ix, as `ix --version` does.", .obeys = cli::kOnlyAsks};
}

int run_version(const CommandContext&) {
  cli::print("ix " IXIAN_VERSION "\n");
  return 0;
}

}  // namespace

Command version_command() {
  return {"version", "Show the version of ix", ProjectUse::kIfItLoads, version_spec, run_version};
}

}  // namespace ixian::commands
