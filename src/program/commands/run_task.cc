// `ix TASK`: what the arguments may be, then the plan, then the run. What costs nothing comes first, and each
// step may be the last one: a page of help, the tree of states, the plan alone, nothing to do.
#include "commands/run_task.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/reexec.h"
#include "app/signals.h"
#include "app/workspace.h"
#include "base/text.h"
#include "cli/print.h"
#include "cli/task_arguments.h"
#include "commands/help_command.h"
#include "commands/plan_text.h"
#include "plan/task_plan.h"
#include "run/runner.h"
#include "script/running_task.h"

namespace ixian::commands {
namespace {

void report_failures(const run::Report& report, base::EventSink& sink) {
  for (const auto& failure : report.failures) {
    std::string text = fmt::format("The task {} failed: {}", failure.task, failure.error.message());
    if (!failure.error.context().empty()) text += "\n" + failure.error.context();
    sink.log(base::kNoActivity, base::LogLevel::kError, text);
  }
  if (report.not_started.empty() || report.failures.empty()) return;
  constexpr std::size_t kShown = 5;
  std::vector<std::string> names(
      report.not_started.begin(),
      report.not_started.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, report.not_started.size())));
  std::string text = "Not started because of this: " + base::join(names, ", ");
  if (report.not_started.size() > kShown)
    text += fmt::format(" and {} more", report.not_started.size() - kShown);
  sink.log(base::kNoActivity, base::LogLevel::kError, text + ".");
}

// "local cache hit R:T", "registry cache hit R:T in a mirror".
std::string hit_of(const plan::ImageStep& image) {
  if (image.place != plan::CacheResult::kRegistryHit) return "local cache hit " + image.image;
  const std::string repository = image.found_at.substr(0, image.found_at.rfind(':'));
  return "registry cache hit " + image.image + (image.found_at == image.image ? "" : " in " + repository);
}

std::string nothing_to_do(const plan::TaskPlan& plan, const task::TaskGraph& graph, task::TaskId root) {
  const std::string& name = graph[root].name;
  if (const plan::ImageStep* image = plan.images ? plan.images->find(root) : nullptr)
    return fmt::format("{}: up to date ({})", name, hit_of(*image));
  if (graph[root].is_virtual() && graph.dependencies(root).empty()) {
    return fmt::format("{0} gathers no tasks: there is nothing to do. A task joins it with parent = \"{0}\".",
                       name);
  }
  return fmt::format("{} is up to date. --force runs it all the same.", name);
}

bool builds_images(const task::TaskGraph& graph, task::TaskId root) {
  const auto order = graph.order(root);
  return std::any_of(order.begin(), order.end(), [&](task::TaskId id) { return graph[id].is_image(); });
}

// A task that was asked for by name may end ix with what its program ended with.
int exit_code(const run::Report& report, const std::string& asked_for) {
  if (report.interrupted) return app::interrupted_exit_code();
  if (report.failures.empty()) return 0;
  const run::Failure& first = report.failures.front();
  return first.task == asked_for ? first.error.exit_code() : static_cast<int>(first.error.code());
}

}  // namespace

int run_task(app::Workspace& workspace, const cli::Options& options) {
  const auto& graph = workspace.graph();
  const task::TaskId root = graph.require(options.task);
  if (cli::wants_page(graph[root], options.run.args)) {
    show_page(workspace, options.task);
    return 0;
  }
  // Before anything is asked or built.
  cli::require_fitting(graph[root], options.run.args);
  if (options.show) {
    cli::print(status_tree(workspace, options.task, options.run));
    return 0;
  }
  // The last moment: from the plan on, threads and registries may have been used.
  if (!options.dry_run && builds_images(graph, root) && workspace.image_access().builds_here()) {
    script::flush_output();
    app::require_own_namespaces();
  }
  const auto plan = workspace.plan(options.task, options.run);
  if (options.dry_run) {
    cli::print(plan_text(plan, cli::output_style()));
    return 0;
  }
  auto& sink = workspace.sink();
  if (plan.nothing_to_do()) {
    sink.log(base::kNoActivity, base::LogLevel::kInfo, nothing_to_do(plan, graph, root));
    run::Report report;
    workspace.finish_images(report);
    report_failures(report, sink);
    return exit_code(report, options.task);
  }
  run::RunContext shop{graph, workspace.states(),       workspace.store(), workspace.builder_folder(),
                       sink,  workspace.cancellation(), workspace.images()};
  auto report = run::run_plan(plan, options.run, {options.jobs, true}, shop);
  workspace.finish_images(report);
  report_failures(report, sink);
  if (report.ok() && report.ran == 0 && !(plan.images && plan.images->pushes())) {
    sink.log(base::kNoActivity, base::LogLevel::kInfo,
             fmt::format("{} is up to date: another ix has just run it.", options.task));
  }
  return exit_code(report, options.task);
}

}  // namespace ixian::commands
