#include "commands/manual.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/global_flags.h"
#include "cli/man_page.h"
#include "cli/project_file_page.h"
#include "cli/reference_page.h"
#include "commands/table.h"

namespace ixian::commands {
namespace {

constexpr const char* kProgram = "ix " IXIAN_VERSION;

constexpr std::string_view kAbout =
    "Runs a task of the project in this directory, after its dependencies; those whose inputs and results "
    "have not changed are skipped. Its images are built from Dockerfiles, without a daemon and without root, "
    "and named by a digest of their inputs, so that the registry is the build cache.\n\nThe project is the "
    "file `ixian.py` in the current directory; see ixian.py(5). Without one, `ix build`, `ix image` and "
    "other commands of ix work, too, and `ix init` creates a project.\n\nFlags of ix go before the task: "
    "what follows the task belongs to the task. The commands of ix itself take them behind their name as "
    "well.";

cli::ManSection exit_code_section() {
  return {"Exit status",
          "",
          {{"0", "Done, or nothing to do."},
           {"1", "A task or a build failed."},
           {"2", "Invalid command line, or unknown task."},
           {"3", "ixian.py is missing or cannot be used."},
           {"4", "A registry, an image or credentials."},
           {"128+N", "Signal N; 130 is Ctrl-C."}}};
}

cli::ManSection environment_section() {
  return {"Environment",
          "",
          {{"IXIAN_CONFIG", "The project file, in place of ixian.py."},
           {"IXIAN_STORE", "The directory of the local store."},
           {"DOCKER_HOST", "The daemon of --engine docker."},
           {"NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE", "Turn colours off, or on."},
           {"SOURCE_DATE_EPOCH", "The time of files and images of a build."}}};
}

cli::ManSection file_section() {
  return {"Files",
          "",
          {{"ixian.py", "The project; see ixian.py(5)."},
           {".builder", "The recorded state of its tasks."},
           {"~/.docker/config.json", "Credentials of `docker login`."}}};
}

// ix itself as a command, with its flags as options.
std::string manual_of_ix() {
  cli::CommandSpec spec{
      .name = "ix",
      .description = kAbout,
      .arguments =
          {{.metavar = "TASK", .summary = "A task of the project, or a command of ix"},
           {.metavar = "ARGS", .least = 0, .most = cli::ArgumentSpec::kAny, .summary = "Its arguments"}},
      .options = cli::global_flags()};
  cli::ManSection list{"Commands", "", {}};
  std::vector<std::string> see_also;
  for (const Command& each : commands()) {
    if (each.hidden) continue;
    list.rows.emplace_back(each.name, each.summary);
    see_also.push_back(fmt::format("ix-{}(1)", each.name));
  }
  see_also.emplace_back("ixian.py(5)");
  return cli::man_page(spec, "", {},
                       {"ix",
                        1,
                        kProgram,
                        "run tasks and build container images",
                        {list, exit_code_section(), environment_section(), file_section()},
                        see_also});
}

}  // namespace

std::string manual_page(const std::string& topic) {
  if (topic.empty()) return manual_of_ix();
  if (topic == cli::kProjectFile) return cli::man_page(cli::project_file_page(kProgram));
  std::vector<std::string> topics = {std::string(cli::kProjectFile)};
  for (const Command& each : commands()) {
    if (each.hidden) continue;
    topics.emplace_back(each.name);
    if (each.name != topic) continue;
    const std::string summary =
        base::to_lower(each.summary.substr(0, 1)) + std::string(each.summary.substr(1));
    return cli::man_page(
        spec_of(each), topic, cli::global_flags(),
        {"ix-" + topic, 1, kProgram, summary, {exit_code_section()}, {"ix(1)", "ixian.py(5)"}});
  }
  throw base::Error(base::ErrorCode::kUsage,
                    fmt::format("unknown manual page: {}{}\nhint: pages: {}", base::shell_quote(topic),
                                base::did_you_mean(topic, topics), base::join(topics, ", ")));
}

std::string command_reference() {
  std::string out =
      "# Commands and their options\n"
      "\n"
      "Every command of `ix`, for whoever looks something up. This page is what `ix help --format markdown` "
      "prints; [The "
      "command line](commands.md) explains what commands have in common.\n"
      "\n"
      "## Flags of ix\n"
      "\n"
      "They go before a task, and before or after the name of a command.\n" +
      cli::reference_options(cli::global_flags());
  for (const Command& each : commands()) {
    if (!each.hidden) out += cli::reference_section(spec_of(each), each.name, cli::global_flags());
  }
  return out;
}

}  // namespace ixian::commands
