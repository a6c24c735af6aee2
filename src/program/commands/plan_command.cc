// `ix plan TASK`: what would run, in which order, and why.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/workspace.h"
#include "base/utf8.h"
#include "cli/global_flags.h"
#include "cli/print.h"
#include "cli/task_arguments.h"
#include "commands/plan_text.h"
#include "commands/table.h"
#include "plan/task_plan.h"
#include "ui/quantity.h"

namespace ixian::commands {
namespace {

int run_plan(const CommandContext& context) {
  const plan::TaskOptions& run = context.options.run;
  const std::string& task = context.line.arguments.front();
  const auto& tasks = context.workspace->graph();
  require_task(tasks, task);
  cli::require_fitting(tasks[tasks.find(task)], run.args);
  const auto plan = context.workspace->plan(task, run);
  if (context.line.has("--json"))
    cli::print_json(to_json(plan));
  else
    cli::print(plan_text(plan, cli::output_style()));
  return 0;
}

}  // namespace

namespace {

std::string action_of(const plan::TaskStep& step, const plan::ImageStep* image, const ui::Style& style) {
  if (!step.decision.runs) return style.paint(style.gray, "skip ");
  if (step.decision.reason == plan::Reason::kImagePush) return style.paint(style.green, "push ");
  return style.paint(style.green, image != nullptr ? "build" : "run  ");
}

// "cache miss (not in the store, not in R), 2.1 MB of context, then push".
std::string reason_of(const plan::TaskStep& step, const plan::ImageStep* image) {
  std::string text = describe(step.decision);
  if (image == nullptr || image->place != plan::CacheResult::kMiss) return text;
  if (image->bytes > 0)
    text += fmt::format(", {} of context", ui::format_bytes(static_cast<double>(image->bytes)));
  if (image->push) text += ", then push";
  return text;
}

}  // namespace

std::string plan_text(const plan::TaskPlan& plan, const ui::Style& style) {
  std::size_t runs = 0;
  std::size_t tasks = 0;
  std::size_t width = 0;
  for (const auto& step : plan.steps) {
    if (step.is_virtual) continue;
    ++tasks;
    if (step.decision.runs) ++runs;
    width = std::max(width, base::display_width(step.name));
  }
  const std::string& root = plan.steps.back().name;
  if (tasks == 0)
    return fmt::format("{0}: no tasks in this group\nhint: add one with `parent = \"{0}\"`\n", root);
  if (plan.nothing_to_do()) return fmt::format("{}: up to date, nothing would run\n", root);
  std::string out =
      fmt::format("{}: {} of {} would run, in this order:\n\n", root, runs, base::counted(tasks, "task"));
  for (const auto& step : plan.steps) {
    if (step.cleans) out += fmt::format("  {} {}\n", style.paint(style.yellow, "clean"), step.name);
    if (step.is_virtual) continue;
    const plan::ImageStep* image = plan.images ? plan.images->find(step.id) : nullptr;
    const std::string padding(width - base::display_width(step.name), ' ');
    out += fmt::format("  {} {}{}  {}\n", action_of(step, image, style), step.name, padding,
                       style.paint(style.dim, reason_of(step, image)));
  }
  std::set<std::string> refusals;
  for (const auto& step : plan.images ? plan.images->steps : std::vector<plan::ImageStep>()) {
    if (!step.push_refused.empty() && refusals.insert(step.push_refused).second)
      out += fmt::format("\n{} {}\n", style.paint(style.red, "push would be denied:"), step.push_refused);
  }
  return out;
}

namespace {

cli::CommandSpec plan_spec() {
  return {
      .description =
          "Evaluates every check of TASK and its dependencies, and prints what `ix TASK ARGS…` would do, "
          "with `--force` and similar flags before TASK.",
      .arguments = {{.metavar = "TASK", .summary = "The task to plan", .completer = cli::Completer::kTask},
                    {.metavar = "ARGS",
                     .least = 0,
                     .most = cli::ArgumentSpec::kAny,
                     .summary = "Its arguments",
                     .rest = true}},
      .options = {{.name = "--json", .summary = "Print the plan as JSON", .anywhere = true}},
      .examples = {{"ix plan build_image", "what would be built, and why"}},
      .obeys = cli::kPlans};
}

}  // namespace

Command plan_command() {
  return {"plan", "Show what would run and why, run nothing", ProjectUse::kNeeded, plan_spec, run_plan};
}

}  // namespace ixian::commands
