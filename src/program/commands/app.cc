// The order matters: what is answered at once comes first, since neither Python nor threads may exist yet;
// then the namespaces, which can only be entered with one thread; then the view, the signals and the project.
// Every error of the way is told by a view of the kind that was asked for, so that a program that reads JSON
// gets JSON.
#include "commands/app.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/reexec.h"
#include "app/signals.h"
#include "app/workspace.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/global_flags.h"
#include "cli/help_page.h"
#include "cli/print.h"
#include "cli/task_arguments.h"
#include "commands/help_command.h"
#include "commands/invocation.h"
#include "commands/run_task.h"
#include "commands/table.h"
#include "files/own_output.h"
#include "files/trust.h"
#include "process/core_dumps.h"
#include "script/interpreter.h"
#include "script/running_task.h"
#include "ui/make_view.h"
#include "ui/result_listener.h"
#include "ui/terminal_turn.h"
#include "ui/view_slot.h"

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

// For a command line that cannot be understood: how it asked to be answered, as far as that is clear.
ui::ViewKind wanted_view(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    constexpr std::string_view kFlag = "--progress";
    std::string_view value;
    if (words[i].starts_with("--progress=")) value = std::string_view(words[i]).substr(kFlag.size() + 1);
    if (words[i] == kFlag && i + 1 < words.size()) value = words[i + 1];
    if (ui::parse_view_kind(value) == ui::ViewKind::kJson) return ui::ViewKind::kJson;
  }
  return ui::ViewKind::kPlain;
}

int run_command(const Invocation& call, base::EventSink& sink, base::Cancellation& cancellation,
                app::Workspace* workspace) {
  const cli::ParsedCommand& line = call.line();
  if (line.help) {
    cli::print(cli::help_page(*line.command, line.path, cli::global_flags(), cli::output_style()));
    return 0;
  }
  call.require_understood();
  return call.command()->run({call.options(), line, sink, cancellation, workspace});
}

// What is answered at once, in any folder. -1: there is more to do.
int answer_at_once(const Invocation& call) {
  base::NullSink nobody;
  base::Cancellation never;
  if (call.options().version) {
    const Invocation version(std::vector<std::string>{"version"});
    return run_command(version, nobody, never, nullptr);
  }
  if (call.command() == nullptr || project_exists()) return -1;
  const auto answers = call.command()->answers_at_once;
  const bool can_answer = call.line().help || (answers != nullptr && answers(call.line()));
  return can_answer ? run_command(call, nobody, never, nullptr) : -1;
}

// `ix plan build .`: a plan is made of tasks.
void fail_planning_a_command(const Invocation& call, const task::TaskGraph* graph) {
  const std::string& name = call.options().task;
  if ((name != "plan" && name != "why") || call.line().arguments.empty()) return;
  const std::string& about = call.line().arguments.front();
  if (find_command(about) == nullptr) return;
  if (graph != nullptr && graph->find(about) != task::TaskGraph::kNone) return;
  throw base::Error(
      base::ErrorCode::kUsage,
      fmt::format("`ix {}` needs a task of the project, but {} is a command of ix\nhint: see `ix help {}`",
                  name, about, about));
}

// What is no command and has no project to be a task of, and may be misspelt.
void fail_misspelt(const std::string& name) {
  const std::string meant = base::did_you_mean(name, command_names(false));
  if (meant.empty()) return;
  throw base::Error(
      base::ErrorCode::kUsage,
      fmt::format("unknown command: {0}{1}; and no ixian.py in this directory that could have such a task",
                  base::shell_quote(name), meant));
}

// Null: there is none, or none that can be loaded, and the command does without.
std::unique_ptr<app::Workspace> load(const Invocation& call, std::vector<std::string> argv,
                                     base::EventSink& sink, base::Cancellation& cancellation) {
  const Command* command = call.command();
  if (!project_exists()) {
    if (command == nullptr) fail_misspelt(call.options().task);
    if (command != nullptr) {
      call.require_understood();
      if (command->project != ProjectUse::kNeeded && command->answers_at_once == nullptr) return nullptr;
      fail_planning_a_command(call, nullptr);
    }
  }
  std::optional<app::MutedStdio> silence;
  if (command != nullptr && command->prints_for_shells) silence.emplace();
  try {
    auto workspace =
        std::make_unique<app::Workspace>(call.options(), std::move(argv), show_help, sink, cancellation);
    if (silence) script::flush_output();
    return workspace;
  } catch (const base::Error&) {
    if (silence && script::python_started()) script::flush_output();
    if (command == nullptr || command->project != ProjectUse::kIfItLoads) throw;
    return nullptr;
  }
}

// Of a command that needs them for certain. A project may have a task of that name, and is not loaded yet.
bool needs_namespaces(const Invocation& call) {
  const Command* command = call.command();
  return command != nullptr && command->needs_namespaces != nullptr && !call.line().help &&
         !call.line().error && command->needs_namespaces(call.options(), call.line());
}

// What says how the rest is shown, behind a task that takes no options of its own.
void take_view_flags(Invocation& call, const task::TaskGraph& graph) {
  const task::TaskId id = graph.find(call.options().task);
  if (id == task::TaskGraph::kNone) return;
  std::vector<std::string> words = call.options().run.args;
  const std::vector<cli::ParsedOption> flags = cli::take_universal_flags(graph[id], words);
  if (!flags.empty()) call.add(flags, std::move(words));
}

int dispatch(app::Workspace& workspace, Invocation& call, const std::function<void()>& show_as_asked) {
  const task::TaskGraph& graph = workspace.graph();
  if (is_task(graph, call.options().task)) call.take_for_task();
  if (call.command() != nullptr) {
    fail_planning_a_command(call, &graph);
    return run_command(call, workspace.sink(), workspace.cancellation(), &workspace);
  }
  take_view_flags(call, graph);
  show_as_asked();
  require_task(graph, call.options().task);
  return run_task(workspace, call.options());
}

int run_in_project(Invocation& call, const std::vector<std::string>& argv, ui::ViewSlot& sink,
                   const std::function<void()>& show_as_asked, base::Cancellation& cancellation) {
  try {
    app::watch_signals(cancellation, sink, ui::TerminalTurn::leave_all);
    const auto workspace = load(call, argv, sink, cancellation);
    cancellation.throw_if_requested();
    return workspace ? dispatch(*workspace, call, show_as_asked)
                     : run_command(call, sink, cancellation, nullptr);
  } catch (const base::Cancelled&) {
    return app::interrupted_exit_code();
  } catch (const base::Error& error) {
    if (cancellation.requested()) return app::interrupted_exit_code();
    tell(sink, error);
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    tell(sink, {base::ErrorCode::kTaskFailed, fmt::format("ix cannot continue: {}", error.what())});
    return static_cast<int>(base::ErrorCode::kTaskFailed);
  }
}

}  // namespace

int run_ix(int argc, char** argv) {
  process::forbid_core_dumps();
  open_standard_streams();
  files::remember_own_output();
  const std::vector<std::string> program(argv, argv + argc);
  const std::vector<std::string> words(program.begin() + std::min(argc, 1), program.end());
  // All outlive what detached threads may still look at while the process ends.
  static base::Cancellation cancellation;
  static std::unique_ptr<ui::ViewSlot> sink;
  static std::unique_ptr<Invocation> call;
  try {
    call = std::make_unique<Invocation>(words);
    if (const int code = answer_at_once(*call); code >= 0) return code;
    app::enter_own_namespaces(needs_namespaces(*call), project_exists());
  } catch (const base::Error& error) {
    tell(*ui::make_view(wanted_view(words), ui::Verbosity::kInfo, STDERR_FILENO), error);
    return static_cast<int>(error.code());
  }
  // A descriptor of its own: the standard ones may lead elsewhere while tasks run.
  const int progress_fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  ui::ViewKind kind = call->line().error ? wanted_view(words) : call->options().progress;
  ui::Verbosity threshold = call->options().threshold;
  sink = std::make_unique<ui::ViewSlot>(ui::make_view(kind, threshold, progress_fd));
  const auto show_as_asked = [&] {
    if (kind == call->options().progress && threshold == call->options().threshold) return;
    kind = call->options().progress;
    threshold = call->options().threshold;
    sink->show_in(ui::make_view(kind, threshold, progress_fd));
  };
  files::listen_for_untrusted(
      [](const std::string& sentence) { sink->log(base::kNoActivity, base::LogLevel::kWarning, sentence); });
  const int code = run_in_project(*call, program, *sink, show_as_asked, cancellation);
  // Before the sink goes: what Python prints while it ends is still told.
  script::finish_python(!call->options().dry_run && !call->options().show);
  files::listen_for_untrusted(nullptr);
  if (auto* listener = ui::result_listener(*sink)) listener->exit(code);
  sink.reset();
  return code;
}

}  // namespace ixian::commands
