#include "cli/app.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <memory>

#include "base/cancel.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/run_task.h"
#include "cli/signals.h"
#include "cli/workspace.h"
#include "script/interpreter.h"
#include "ui/make_view.h"

namespace ixian::cli {
namespace {

bool project_exists() { return ::access(project_file().c_str(), F_OK) == 0; }

void tell(base::EventSink& sink, const base::Error& error) {
  std::string text = error.message();
  if (!error.context().empty()) text += "\n" + error.context();
  sink.log(base::kNoActivity, base::LogLevel::kError, text);
}

// `ix --help TASK` and `ix` alone are `ix help`.
void normalise(Options& options) {
  if (options.help) {
    options.run.args.clear();
    if (!options.task.empty() && options.task != "help") options.run.args.push_back(options.task);
    options.task = "help";
  } else if (options.task.empty()) {
    options.task = "help";
  }
}

// What works in any folder. -1: the project is needed.
int run_without_project(const Options& options) {
  if (options.version) return find_command("version")->run(nullptr, options);
  if (project_exists()) return -1;
  if (const Command* command = find_command(options.task); command != nullptr && !command->needs_project) {
    return command->run(nullptr, options);
  }
  if (options.task == "help") {
    const std::string about = options.run.args.empty() ? "" : options.run.args[0];
    if (const Command* command = find_command(about)) {
      print(command_page(*command, ui::Style::for_fd(STDOUT_FILENO)));
      return 0;
    }
    if (about.empty()) print(usage_text());
    if (about.empty() && options.help) return 0;
  }
  return -1;
}

int dispatch(Workspace& workspace, const Options& options) {
  if (const Command* command = find_command(options.task);
      command != nullptr && workspace.graph().find(options.task) == task::TaskGraph::kNone) {
    return command->run(&workspace, options);
  }
  return run_task(workspace, options);
}

int run_in_project(const Options& options, int argc, char** argv, base::EventSink& sink,
                   base::Cancellation& cancellation) {
  try {
    watch_signals(cancellation, sink);
    Workspace workspace(options, std::vector<std::string>(argv, argv + argc), sink, cancellation);
    cancellation.throw_if_requested();
    return dispatch(workspace, options);
  } catch (const base::Cancelled&) {
    return interrupted_exit_code();
  } catch (const base::Error& error) {
    if (cancellation.requested()) return interrupted_exit_code();
    tell(sink, error);
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    tell(sink, {base::ErrorCode::kTaskFailed, fmt::format("ix cannot go on: {}.", error.what())});
    return static_cast<int>(base::ErrorCode::kTaskFailed);
  }
}

}  // namespace

int run_ix(int argc, char** argv) {
  // Both outlive what detached threads may still look at while the process ends.
  static base::Cancellation cancellation;
  static std::unique_ptr<base::EventSink> sink;
  Options options;
  try {
    options = parse_options(argc, argv);
    normalise(options);
    if (const int code = run_without_project(options); code >= 0) return code;
  } catch (const base::Error& error) {
    sink = ui::make_view(ui::ViewKind::kPlain, ui::Threshold::kInfo, STDERR_FILENO);
    tell(*sink, error);
    return static_cast<int>(error.code());
  }
  // A descriptor of its own: the standard ones may lead elsewhere while tasks run.
  const int progress_fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  sink = ui::make_view(options.progress, options.threshold, progress_fd);
  const int code = run_in_project(options, argc, argv, *sink, cancellation);
  script::finish_python();
  sink.reset();
  return code;
}

}  // namespace ixian::cli
