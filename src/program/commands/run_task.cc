// `ix TASK`: what the arguments may be, then the plan, then the run. What costs nothing comes first, and each
// step may be the last one: a page of help, the tree of states, the plan alone, nothing to do.
#include "commands/run_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/reexec.h"
#include "app/signals.h"
#include "app/workspace.h"
#include "base/text.h"
#include "build_results/build_outcome.h"
#include "cli/print.h"
#include "cli/task_arguments.h"
#include "commands/help_command.h"
#include "commands/plan_text.h"
#include "files/fs.h"
#include "plan/task_plan.h"
#include "run/runner.h"
#include "script/running_task.h"
#include "ui/quantity.h"

namespace ixian::commands {
namespace {

// "\nnote: not started because of this failure: app, docs".
std::string not_started(const run::Report& report) {
  if (report.not_started.empty()) return "";
  constexpr std::size_t kShown = 5;
  std::vector<std::string> names(
      report.not_started.begin(),
      report.not_started.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, report.not_started.size())));
  std::string text =
      fmt::format("\nnote: not started because of {}: {}",
                  report.failures.size() == 1 ? "this failure" : "these failures", base::join(names, ", "));
  if (report.not_started.size() > kShown)
    text += fmt::format(" and {} more", report.not_started.size() - kShown);
  return text;
}

void report_failures(const run::Report& report, base::EventSink& sink) {
  for (const auto& failure : report.failures) {
    std::string text = fmt::format("task {} failed: {}", failure.task, failure.error.message());
    if (!failure.error.context().empty()) text += "\n" + failure.error.context();
    if (&failure == &report.failures.back()) text += not_started(report);
    sink.log(base::kNoActivity, base::LogLevel::kError, text);
  }
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
    return fmt::format("{0}: no tasks in this group\nhint: add one with `parent = \"{0}\"`", name);
  }
  return fmt::format("{}: up to date\nhint: run it anyway with --force", name);
}

// The images of a run, as far as it has come.
build_results::BuildReport images_of(app::Workspace& workspace, const plan::ImagePlan& images,
                                     const run::Report& report) {
  build_results::BuildReport all;
  app::ProjectImages& access = workspace.image_access();
  for (const plan::ImageStep& step : images.steps) {
    if (step.image.empty()) continue;
    build_results::ReportedImage image;
    image.task = step.task;
    image.names = {step.image};
    image.status = step.place == plan::CacheResult::kNotNeeded ? "not needed" : "cached";
    if (const auto built = access.work().built(step.image)) build_results::report_built(*built, image);
    const bool failed = std::any_of(report.failures.begin(), report.failures.end(),
                                    [&](const run::Failure& failure) { return failure.task == step.task; });
    if (step.push && !failed && !report.interrupted)
      image.outputs.push_back({"registry", step.image, "pushed to"});
    if (step.place != plan::CacheResult::kMiss || image.status == "built" || report.ok())
      all.images.push_back(image);
  }
  all.pulled = access.traffic().received;
  all.pushed = access.traffic().sent;
  all.mounted = access.traffic().mounted;
  return all;
}

// What came of it, for all who are told.
void tell_outcome(app::Workspace& workspace, const plan::TaskPlan& plan, const run::Report& report,
                  const cli::Options& options, int code, std::chrono::steady_clock::time_point start) {
  const bool has_images = plan.images && (plan.images->builds() || plan.images->pushes());
  if (!options.json && !has_images) return;
  build_results::BuildReport told;
  if (plan.images) told = images_of(workspace, *plan.images, report);
  told.command = options.task;
  told.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  told.exit_code = code;
  for (const run::Failure& failure : report.failures) {
    told.error += (told.error.empty() ? "" : "\n") + failure.error.message();
    const std::string& message = failure.error.message();
    const std::string file = message.substr(0, message.find(':'));
    build_results::tell_mistake(message, files::absolute_path(file, files::current_directory()),
                                workspace.sink());
  }
  build_results::tell_report(told, options, workspace.sink());
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
  const auto start = std::chrono::steady_clock::now();
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
    tell_outcome(workspace, plan, report, options, exit_code(report, options.task), start);
    return exit_code(report, options.task);
  }
  run::RunContext shop{graph, workspace.states(),       workspace.store(), workspace.builder_folder(),
                       sink,  workspace.cancellation(), workspace.images()};
  auto report = run::run_plan(plan, options.run, {options.jobs, true}, shop);
  workspace.finish_images(report);
  report_failures(report, sink);
  if (report.ok() && report.ran == 0 && !(plan.images && plan.images->pushes())) {
    sink.log(base::kNoActivity, base::LogLevel::kInfo,
             fmt::format("{}: up to date (just run by another ix)", options.task));
  }
  const int code = exit_code(report, options.task);
  tell_outcome(workspace, plan, report, options, code, start);
  return code;
}

}  // namespace ixian::commands
