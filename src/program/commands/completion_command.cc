// `ix completion SHELL`: a script that completes what ix takes; and what that script asks, `ix __complete
// WORDS…`.
#include "app/workspace.h"
#include "cli/completion.h"
#include "cli/global_flags.h"
#include "cli/print.h"
#include "commands/candidates.h"
#include "commands/table.h"

namespace ixian::commands {
namespace {

cli::CommandSpec completion_spec() {
  return {
      .description =
          "The script completes tasks, commands, options and their values: stages, images, registries and "
          "platforms among them. The Debian package installs it. To try it in the shell that you are in:\n"
          "\n"
          "    eval \"$(ix completion bash)\"\n"
          "    eval \"$(ix completion zsh)\"\n"
          "    ix completion fish | source",
      .arguments = {{.summary = "The shell",
                     .choices = {{"bash"}, {"zsh"}, {"fish"}},
                     .missing = "`ix completion` needs a shell (expected: bash, zsh, fish)"}},
      .obeys = cli::kOnlyAsks};
}

int run_completion(const CommandContext& context) {
  cli::print(cli::completion_script(context.line.arguments.front()));
  return 0;
}

cli::CommandSpec complete_spec() {
  return {.arguments = {{.metavar = "WORDS", .least = 0, .most = cli::ArgumentSpec::kAny, .rest = true}},
          .obeys = cli::kOnlyAsks};
}

// Behind a task: most know best themselves what they take.
cli::Completion complete_task_words(const std::string& name, const std::string& current,
                                    const CommandContext& context) {
  cli::Completion completion;
  completion.files = true;
  if (context.workspace == nullptr) return completion;
  const auto& graph = context.workspace->graph();
  const task::TaskId id = graph.find(name);
  if (id == task::TaskGraph::kNone || !graph[id].parameters.names_only) return completion;
  return cli::beginning_with(current, find_candidates(cli::Completer::kProjectStage, context.line, context));
}

cli::Completion complete_words(std::vector<std::string> words, const CommandContext& context) {
  const std::string current = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  std::size_t leading = 0;
  if (const auto of_flags = cli::complete_leading(cli::global_flags(), words, current, leading))
    return *of_flags;
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(leading));
  if (words.empty()) return cli::beginning_with(current, task_candidates(context.workspace, true));
  const std::string name = words.front();
  words.erase(words.begin());
  const Command* command = find_command(name);
  if (command == nullptr || (context.workspace != nullptr && is_task(context.workspace->graph(), name)))
    return complete_task_words(name, current, context);
  const cli::CommandSpec spec = spec_of(*command);
  return cli::complete_arguments(spec, cli::global_flags(), words, current,
                                 [&](cli::Completer what, const cli::ParsedCommand& line) {
                                   return find_candidates(what, line, context);
                                 });
}

int run_complete(const CommandContext& context) {
  cli::print_bytes(cli::completion_lines(complete_words(context.line.rest, context)));
  return 0;
}

}  // namespace

Command completion_command() {
  return {.name = "completion",
          .summary = "Print a shell completion script",
          .project = ProjectUse::kIfItLoads,
          .make_spec = completion_spec,
          .run = run_completion,
          .prints_for_shells = true};
}

Command complete_command() {
  return {.name = "__complete",
          .summary = "Print what can follow on a command line",
          .project = ProjectUse::kIfItLoads,
          .make_spec = complete_spec,
          .run = run_complete,
          .hidden = true,
          .prints_for_shells = true};
}

}  // namespace ixian::commands
