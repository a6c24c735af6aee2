// `ix why TASK`: what changed since the last success.
#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "app/workspace.h"
#include "cli/global_flags.h"
#include "cli/print.h"
#include "cli/task_arguments.h"
#include "commands/table.h"
#include "plan/explain.h"
#include "plan/image_explain.h"

namespace ixian::commands {
namespace {

constexpr std::size_t kShownChanges = 20;

// The image tasks whose changes are those since their latest image.
using ComparedTasks = std::set<std::string>;

std::string explanation_text(const plan::Explanation& explanation, const ComparedTasks& compared,
                             const ui::Style& style) {
  std::string out =
      fmt::format("{}: {}\n", style.paint(style.bold, explanation.task),
                  compared.contains(explanation.task) ? "cache miss; changed since its latest image:"
                                                      : describe(explanation.decision));
  for (std::size_t i = 0; i < explanation.changes.size(); ++i) {
    if (i == kShownChanges) {
      out += fmt::format("    … and {} more\n", explanation.changes.size() - i);
      break;
    }
    const auto& change = explanation.changes[i];
    out += fmt::format("    {}  {}\n", change.what, style.paint(style.dim, change.how));
  }
  return out;
}

// The repositories that were found to lack the image.
std::vector<std::string> repositories_without(const plan::Decision& decision) {
  if (decision.reason == plan::Reason::kImageMissing) return decision.because;
  return decision.reason == plan::Reason::kImageUnknown ? decision.changed : std::vector<std::string>();
}

// Against the newest image of the stage that is in the store or its registry.
ComparedTasks explain_images(app::Workspace& workspace, std::vector<plan::Explanation>& explanations) {
  ComparedTasks compared;
  for (plan::Explanation& each : explanations) {
    const task::TaskId id = workspace.graph().find(each.task);
    const bool missing = each.decision.reason == plan::Reason::kImageMissing ||
                         each.decision.reason == plan::Reason::kImageUnknown ||
                         each.decision.reason == plan::Reason::kImageUnasked;
    if (!workspace.graph()[id].is_image() || !missing) continue;
    const keys::ResolvedStage& stage = workspace.images()->keyed(id);
    const base::Json earlier = workspace.image_access().earlier_inputs(stage);
    if (earlier.is_null()) {
      std::string places = "the store";
      for (const std::string& repository : repositories_without(each.decision))
        places += " or in " + repository;
      each.changes.push_back(
          {stage.declared.name,
           fmt::format("no earlier image of this stage in {}: nothing to compare with", places)});
    } else {
      each.changes = plan::image_changes(earlier, stage.inputs);
      compared.insert(each.task);
    }
  }
  return compared;
}

int run_why(const CommandContext& context) {
  const plan::TaskOptions& run = context.options.run;
  const std::string& task = context.line.arguments.front();
  const auto& graph = context.workspace->graph();
  require_task(graph, task);
  cli::require_fitting(graph[graph.find(task)], run.args);
  const auto plan = context.workspace->plan(task, run);
  auto explanations =
      plan::explain(plan, graph, context.workspace->states(), context.workspace->store(), run);
  const ComparedTasks compared = explain_images(*context.workspace, explanations);
  if (context.line.has("--json")) {
    cli::print_json(to_json(explanations));
    return 0;
  }
  if (explanations.empty())
    cli::print(fmt::format("{}: up to date, nothing changed since its last success\n", task));
  const ui::Style& style = cli::output_style();
  for (const auto& explanation : explanations) cli::print(explanation_text(explanation, compared, style));
  return 0;
}

cli::CommandSpec why_spec() {
  return {
      .description =
          "For TASK and each task that causes it to run, shows the file, argument or dependency that changed "
          "since the last success. Runs nothing.",
      .arguments = {{.metavar = "TASK", .summary = "The task to explain", .completer = cli::Completer::kTask},
                    {.metavar = "ARGS",
                     .least = 0,
                     .most = cli::ArgumentSpec::kAny,
                     .summary = "Its arguments",
                     .rest = true}},
      .options = {{.name = "--json", .summary = "Print the changes as JSON", .anywhere = true}},
      .obeys = cli::kPlans};
}

}  // namespace

Command why_command() {
  return {"why", "Show what changed since a task's last success", ProjectUse::kNeeded, why_spec, run_why};
}

}  // namespace ixian::commands
