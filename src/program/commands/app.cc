// The order matters: what is answered at once comes first, since neither Python nor threads may exist yet;
// then the namespaces, which can only be entered with one thread; then the view, the signals and the project.
// Every error of the way is told by a view of the kind that was asked for, so that a program that reads JSON
// gets JSON.
#include "commands/app.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <memory>

#include "app/reexec.h"
#include "app/signals.h"
#include "app/workspace.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/print.h"
#include "commands/help_command.h"
#include "commands/run_task.h"
#include "commands/table.h"
#include "files/own_output.h"
#include "files/trust.h"
#include "process/core_dumps.h"
#include "script/interpreter.h"
#include "ui/make_view.h"

namespace ixian::commands {
namespace {

// Where one of the three is closed, the next file to be opened would take its place.
void open_standard_streams() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::open("/dev/null", O_RDWR);
  if (fd >= 0) ::close(fd);
}

bool project_exists() {
  return ::access(app::project_file().c_str(), F_OK) == 0;
}

void tell(base::EventSink& sink, const base::Error& error) {
  std::string text = error.message();
  if (!error.context().empty()) text += "\n" + error.context();
  sink.log(base::kNoActivity, base::LogLevel::kError, text);
}

// `ix --help TASK` and `ix` alone are `ix help`.
void normalise(cli::Options& options) {
  if (options.help) {
    options.run.args.clear();
    if (!options.task.empty() && options.task != "help") options.run.args.push_back(options.task);
    options.task = "help";
  } else if (options.task.empty()) {
    options.task = "help";
  }
}

// `ix plan --help`. What follows further on may be a task's own.
bool asks_for_page(const cli::Options& options) {
  return !options.run.args.empty() && (options.run.args[0] == "--help" || options.run.args[0] == "-h");
}

int run_command(const Command& command, const CommandContext& context) {
  if (!asks_for_page(context.options)) {
    if (command.name != "image")
      require_obeyed(context.options, command.name, command.obeys);  // its parts differ
    return command.run(context);
  }
  cli::print(command_page(command, cli::output_style()));
  return 0;
}

// What `ix help` is to tell of: "" is everything.
std::string help_about(const cli::Options& options) {
  if (!options.help) require_obeyed(options, "help", kOnlyAsks);
  std::vector<std::string> args = options.run.args;
  if (asks_for_page(options)) args.clear();
  cli::require_arguments(args, 0, 1, "ix help [TASK]");
  return args.empty() ? "" : args.front();
}

bool works_without_project(const Command* command) {
  return command != nullptr && command->project != ProjectUse::kNeeded;
}

// What is answered at once, in any folder. -1: there is more to do.
int answer_at_once(const cli::Options& options) {
  if (options.version) {
    base::NullSink nobody;
    base::Cancellation never;
    return find_command("version")->run({options, nobody, never, nullptr});
  }
  if (const Command* command = find_command(options.task);
      command != nullptr && asks_for_page(options) && !project_exists()) {
    cli::print(command_page(*command, cli::output_style()));
    return 0;
  }
  if (options.task == "help" && !project_exists()) {
    const std::string about = help_about(options);
    if (about.empty() && ::getenv("IXIAN_CONFIG") == nullptr) {  // else it names what is not there
      cli::print(newcomers_page());
      return 0;
    }
    if (const Command* command = find_command(about)) {
      cli::print(command_page(*command, cli::output_style()));
      return 0;
    }
  }
  return -1;
}

// For a command line that cannot be understood: how it asked to be answered, as far as that is clear.
ui::ViewKind wanted_view(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--progress=json") return ui::ViewKind::kJson;
    if (word == "--progress" && i + 1 < argc && std::string_view(argv[i + 1]) == "json")
      return ui::ViewKind::kJson;
  }
  return ui::ViewKind::kPlain;
}

// `ix plan build .`: a plan is made of tasks.
void fail_planning_a_command(const cli::Options& options, const task::TaskGraph* graph) {
  if ((options.task != "plan" && options.task != "why") || options.run.args.empty()) return;
  const std::string& about = options.run.args.front();
  if (find_command(about) == nullptr) return;
  if (graph != nullptr && graph->find(about) != task::TaskGraph::kNone) return;
  throw base::Error(
      base::ErrorCode::kUsage,
      fmt::format("`ix {}` is about the tasks of a project, and {} is none: it is a command of ix. "
                  "`ix help {}` tells what it does.",
                  options.task, about, about));
}

// What is no command and has no project to be a task of, and may be misspelt.
void fail_misspelt(const cli::Options& options) {
  std::vector<std::string> here;
  for (const Command& each : commands()) {
    if (each.project != ProjectUse::kNeeded) here.push_back(each.name);
  }
  const std::string meant = base::did_you_mean(options.task, here);
  if (meant.empty()) return;
  throw base::Error(
      base::ErrorCode::kUsage,
      fmt::format("There is no command {0}.{1} Nor is there an ixian.py in this folder that could "
                  "have a task {0}.",
                  base::shell_quote(options.task), meant));
}

// Null: there is none, or none that can be loaded, and the command does without.
std::unique_ptr<app::Workspace> load(const cli::Options& options, std::vector<std::string> argv,
                                     base::EventSink& sink, base::Cancellation& cancellation) {
  const Command* command = find_command(options.task);
  if (!project_exists()) {
    if (command != nullptr && command->name != "image")
      require_obeyed(options, command->name, command->obeys);
    if (works_without_project(command)) return nullptr;
    if (command == nullptr) fail_misspelt(options);
    if (command != nullptr) fail_planning_a_command(options, nullptr);
  }
  try {
    return std::make_unique<app::Workspace>(options, std::move(argv), show_help, sink, cancellation);
  } catch (const base::Error&) {
    if (command == nullptr || command->project != ProjectUse::kIfItLoads) throw;
    return nullptr;
  }
}

// Of a command that needs them for certain. A project may have a task of that name, and is not loaded yet.
bool needs_namespaces(const cli::Options& options) {
  const Command* command = find_command(options.task);
  return command != nullptr && command->needs_namespaces && command->needs_namespaces(options);
}

// The project's own task of that name, if it has one.
bool is_ours(const task::TaskGraph& graph, const std::string& name) {
  const task::TaskId id = graph.find(name);
  return id == task::TaskGraph::kNone || graph[id].source.empty();
}

int dispatch(app::Workspace& workspace, const CommandContext& context) {
  const cli::Options& options = context.options;
  if (options.task == "help" && is_ours(workspace.graph(), "help")) {
    show_page(workspace, help_about(options));
    return 0;
  }
  if (const Command* command = find_command(options.task);
      command != nullptr && workspace.graph().find(options.task) == task::TaskGraph::kNone) {
    fail_planning_a_command(options, &workspace.graph());
    return run_command(*command, context);
  }
  return run_task(workspace, options);
}

int run_in_project(const cli::Options& options, int argc, char** argv, base::EventSink& sink,
                   base::Cancellation& cancellation) {
  try {
    app::watch_signals(cancellation, sink);
    const auto workspace = load(options, std::vector<std::string>(argv, argv + argc), sink, cancellation);
    cancellation.throw_if_requested();
    const CommandContext context{options, sink, cancellation, workspace.get()};
    return workspace ? dispatch(*workspace, context) : run_command(*find_command(options.task), context);
  } catch (const base::Cancelled&) {
    return app::interrupted_exit_code();
  } catch (const base::Error& error) {
    if (cancellation.requested()) return app::interrupted_exit_code();
    tell(sink, error);
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    tell(sink, {base::ErrorCode::kTaskFailed, fmt::format("ix cannot go on: {}.", error.what())});
    return static_cast<int>(base::ErrorCode::kTaskFailed);
  }
}

}  // namespace

int run_ix(int argc, char** argv) {
  process::forbid_core_dumps();
  open_standard_streams();
  files::remember_own_output();
  // Both outlive what detached threads may still look at while the process ends.
  static base::Cancellation cancellation;
  static std::unique_ptr<base::EventSink> sink;
  cli::Options options;
  try {
    options = cli::parse_options(argc, argv);
    normalise(options);
    if (const int code = answer_at_once(options); code >= 0) return code;
  } catch (const base::Error& error) {
    sink = ui::make_view(wanted_view(argc, argv), ui::Verbosity::kInfo, STDERR_FILENO);
    tell(*sink, error);
    return static_cast<int>(error.code());
  }
  try {
    app::enter_own_namespaces(needs_namespaces(options), project_exists());
  } catch (const base::Error& error) {
    sink = ui::make_view(wanted_view(argc, argv), ui::Verbosity::kInfo, STDERR_FILENO);
    tell(*sink, error);
    return static_cast<int>(error.code());
  }
  // A descriptor of its own: the standard ones may lead elsewhere while tasks run.
  const int progress_fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  sink = ui::make_view(options.progress, options.threshold, progress_fd);
  files::listen_for_untrusted(
      [](const std::string& sentence) { sink->log(base::kNoActivity, base::LogLevel::kWarning, sentence); });
  const int code = run_in_project(options, argc, argv, *sink, cancellation);
  // Before the sink goes: what Python prints while it ends is still told.
  script::finish_python(!options.dry_run && !options.show);
  files::listen_for_untrusted(nullptr);
  sink.reset();
  return code;
}

}  // namespace ixian::commands
