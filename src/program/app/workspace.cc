// A project is loaded once and its graph made once, but Python may register tasks at any time: while ixian.py
// is still loading, and while a task runs. So commands work on the graph as it was when loading had ended,
// and calls that come from Python get one of the tasks that exist at that moment, made anew when the
// registry's version has changed. Snapshots are shared pointers: a nested run keeps its own as long as it
// needs it.
#include "app/workspace.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <optional>
#include <utility>

#include "app/image_hooks.h"
#include "app/reexec.h"
#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "run/runner.h"
#include "script/running_task.h"

namespace ixian::app {
namespace {

// <prefix>/bin/ix → <prefix>/share/ixian; where that does not exist (a build tree), the folder of the
// program.
std::string install_folder() {
  char buffer[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", buffer, sizeof(buffer));
  if (length <= 0) return "/usr/share/ixian";
  std::string program(buffer, static_cast<std::size_t>(length));
  const std::string folder = program.substr(0, program.rfind('/'));
  const std::string shared = files::absolute_path("../share/ixian", folder);
  return ::access(shared.c_str(), F_OK) == 0 ? shared : folder;
}

[[noreturn]] void fail_missing(const std::string& file) {
  if (std::getenv("IXIAN_CONFIG") != nullptr) {
    throw base::Error(base::ErrorCode::kProject,
                      fmt::format("project file not found: {}\nhint: correct or unset IXIAN_CONFIG",
                                  base::printable_path(file)));
  }
  if (const std::string above = project_above(); !above.empty()) {
    throw base::Error(base::ErrorCode::kProject,
                      fmt::format("no ixian.py in this directory\nhint: run ix in {}, which has one",
                                  base::printable_path(above)));
  }
  throw base::Error(base::ErrorCode::kProject,
                    "no ixian.py in this directory\nhint: create one with `ix init`, build a Dockerfile with "
                    "`ix build .`, or set IXIAN_CONFIG");
}

// What a registry's error says to do about it goes before.
std::string with_retry_hint(const std::string& context) {
  if (("\n" + context).find("\nhint: ") != std::string::npos) return context;
  return context + (context.empty() ? "" : "\n") + "hint: run the same command again; it only pushes";
}

// A task cannot wait for its own end.
void fail_if_called_by_itself(const plan::TaskPlan& plan) {
  const auto chain = script::running_chain();
  for (const auto& step : plan.steps) {
    if (!step.decision.runs || std::find(chain.begin(), chain.end(), step.name) == chain.end()) continue;
    const std::string& called = plan.steps.back().name;
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("task {} calls {}, which {}", chain.back(), called,
                                  step.name == called ? "is already running"
                                                      : "needs " + step.name + ", which is already running"));
  }
}

}  // namespace

std::string project_file() {
  const char* configured = std::getenv("IXIAN_CONFIG");
  const bool is_set = configured != nullptr && *configured != '\0';
  return files::absolute_path(is_set ? configured : "ixian.py", files::current_directory());
}

std::string project_above() {
  if (std::getenv("IXIAN_CONFIG") != nullptr) return "";
  for (std::string above = files::current_directory(); above.size() > 1;) {
    above = files::absolute_path("..", above);
    if (::access((above + "/ixian.py").c_str(), F_OK) == 0) return above;
  }
  return "";
}

Workspace::Workspace(const RunOptions& options, std::vector<std::string> argv, ShowHelp show_help,
                     base::EventSink& sink, base::Cancellation& cancellation)
    : show_help_(std::move(show_help)), sink_(sink), cancellation_(cancellation) {
  script::ProjectOptions project;
  project.file = project_file();
  project.folder = files::current_directory();
  project.install_folder = install_folder();
  project.log_level = options.log_level;
  project.argv = std::move(argv);
  if (::access(project.file.c_str(), F_OK) != 0) fail_missing(project.file);
  // Before loading: ixian.py may ask for images.
  image_access_ = std::make_unique<ProjectImages>(options, *this, sink, cancellation);
  load(project);
  builder_folder_ = project_->builder_folder();
  store_ = std::make_unique<task::StateStore>(builder_folder_);
  main_ = snapshot();
}

void Workspace::load(const script::ProjectOptions& options) {
  // The first start has shown what the project prints while it loads.
  std::optional<MutedStdio> silence;
  if (is_reexec()) silence.emplace();
  project_ = std::make_unique<script::Project>(options, sink_, cancellation_, make_hooks());
  if (silence) script::flush_output();
}

Workspace::Snapshot::Snapshot(std::vector<task::Task> tasks, ProjectImages& access)
    : graph(std::move(tasks)), states(graph, [this](task::TaskId id) { return images->keyed(id).key; }) {
  const auto& all = graph.tasks();
  if (std::any_of(all.begin(), all.end(), [](const task::Task& task) { return task.is_image(); }))
    images = access.images(graph);
}

plan::TaskPlan Workspace::plan(const std::string& task, const plan::TaskOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto plan = plan::make_plan(graph(), states(), store(), graph().require(task), options, images());
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  sink_.log(base::kNoActivity, base::LogLevel::kDebug,
            fmt::format("planned {} in {:.1f}ms", base::counted(plan.steps.size(), "task"), took.count()));
  if (const std::string damaged = store().damaged(); !damaged.empty()) {
    sink_.log(
        base::kNoActivity, base::LogLevel::kWarning,
        fmt::format("the state of the project was damaged and moved to {}; its tasks run again", damaged));
  }
  return plan;
}

void Workspace::finish_images(run::Report& report) {
  if (!images()) return;
  for (run::PushFailure& failure : image_access_->finish(*images(), report.ok())) {
    report.failures.push_back(
        {failure.task,
         base::Error(failure.error.code(), "image built, but push failed: " + failure.error.message(),
                     with_retry_hint(failure.error.context()))});
  }
}

script::Hooks Workspace::make_hooks() {
  script::Hooks hooks;
  hooks.show_help = [this](const std::string& task) { show_help_(*this, task); };
  hooks.run_task = [this](const std::string& task, const std::vector<std::string>& args,
                          const std::map<std::string, bool>& flags) { return run_nested(task, args, flags); };
  hooks.task_hash = [this](const std::string& task) {
    const auto current = snapshot();
    return current->states.hash(require(*current, task));
  };
  hooks.task_state = [this](const std::string& task) {
    const auto current = snapshot();
    return current->states.state(require(*current, task));
  };
  hooks.images = image_hooks(*image_access_, sink_, cancellation_);
  hooks.images.make_stage = [this](const std::string& task) {
    const auto current = snapshot();
    image_access_->work().make(*current->images, current->images->step(require_image(*current, task)));
  };
  hooks.images.stage_image = [this](const std::string& task) {
    const auto current = snapshot();
    return current->images->keyed(require_image(*current, task)).image();
  };
  return hooks;
}

task::TaskId Workspace::require_image(const Snapshot& current, const std::string& name) const {
  const task::TaskId id = require(current, name);
  if (!current.graph[id].is_image()) {
    throw base::Error(base::ErrorCode::kProject,
                      fmt::format("{} is not an image task: it has no stage", base::shell_quote(name)));
  }
  return id;
}

// The tasks as they are now: the ones that the command works with, unless others have been registered since.
std::shared_ptr<Workspace::Snapshot> Workspace::snapshot() {
  const std::uint64_t version = script::registry_version();
  std::lock_guard lock(latest_mutex_);
  if (!latest_ || latest_version_ != version) {
    latest_ = std::make_shared<Snapshot>(script::registered_tasks(), *image_access_);
    latest_version_ = version;
  }
  return latest_;
}

task::TaskId Workspace::require(const Snapshot& current, const std::string& name) const {
  const task::TaskId id = current.graph.find(name);
  if (id == task::TaskGraph::kNone) {
    throw base::Error(base::ErrorCode::kProject, fmt::format("unknown task: {}", base::shell_quote(name)));
  }
  return id;
}

// A task that calls another one waits for it, so this is one thread's work from beginning to end.
bool Workspace::run_nested(const std::string& name, const std::vector<std::string>& args,
                           const std::map<std::string, bool>& flags) {
  if (!store_)
    throw base::Error(base::ErrorCode::kProject, "tasks cannot run before ixian.py has been loaded");
  const auto current = snapshot();
  const auto flag = [&](const char* key) {
    auto found = flags.find(key);
    return found != flags.end() && found->second;
  };
  plan::TaskOptions options{flag("force"), flag("force_all"), flag("clean"), flag("clean_all"), args};
  const task::TaskId root = require(*current, name);
  const auto plan =
      plan::make_plan(current->graph, current->states, *store_, root, options, current->images.get());
  fail_if_called_by_itself(plan);
  if (plan.nothing_to_do() && !plan.steps.back().is_virtual) return false;
  run::RunContext shop{current->graph, current->states,      *store_, builder_folder_, sink_,
                       cancellation_,  current->images.get()};
  const auto report = run::run_plan(plan, options, {1, script::owns_terminal()}, shop);
  if (report.interrupted) throw base::Cancelled();
  if (!report.failures.empty()) {
    const auto& failure = report.failures.front();
    throw base::Error(failure.error.code(),
                      fmt::format("task {} failed: {}", failure.task, failure.error.message()),
                      failure.error.context());
  }
  return true;
}

}  // namespace ixian::app
