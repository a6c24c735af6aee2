#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"

namespace ixian::cli {
namespace {

base::Error usage_error(const std::string& message) {
  return {base::ErrorCode::kUsage, message};
}

std::string log_level_name(ui::Verbosity threshold) {
  switch (threshold) {
    case ui::Verbosity::kDebug:
      return "debug";
    case ui::Verbosity::kInfo:
      return "info";
    case ui::Verbosity::kWarning:
      return "warning";
    case ui::Verbosity::kError:
      return "error";
    case ui::Verbosity::kNone:
      return "none";
  }
  return "info";
}

// The flags, and where the values go that need a look.
struct Parser {
  Options options;
  std::string progress;
  std::string log;
  std::string engine;
  bool push = false;
  bool no_push = false;
  bool no_pull = false;
  CLI::App app;

  Parser() {
    options.jobs = std::max(2u, base::processor_count());
    app.prefix_command();
    app.set_help_flag();
    app.add_flag("-h,--help", options.help);
    app.add_flag("--version", options.version);
    app.add_option("--log", log);
    app.add_flag("--force", options.run.force);
    app.add_flag("--force-all", options.run.force_all);
    app.add_flag("--clean", options.run.clean);
    app.add_flag("--clean-all", options.run.clean_all);
    app.add_flag("--show", options.show);
    app.add_flag("--dry-run", options.dry_run);
    app.add_option("-j,--jobs", options.jobs)->check(CLI::Range(1u, 1024u));
    app.add_option("--progress", progress);
    app.add_flag("--push", push);
    app.add_flag("--no-push", no_push);
    app.add_flag("--no-pull", no_pull);
    app.add_option("--engine", engine);
  }
  Parser(const Parser&) = delete;  // `app` holds on to the places of the values
  Parser& operator=(const Parser&) = delete;

  std::vector<std::string> names() const {
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
    return known;
  }
};

[[noreturn]] void fail_unknown_flag(const Parser& parser, const std::string& flag) {
  const std::string name = flag.substr(0, flag.find('='));
  throw usage_error(
      fmt::format("ix has no flag {}.{} Flags of a task go behind its name. `ix --help` lists ix's own.",
                  name, base::did_you_mean(name, parser.names())));
}

}  // namespace

bool asks_to_be_dry(const Options& options) {
  const auto& args = options.run.args;
  return options.dry_run || std::find(args.begin(), args.end(), "--dry-run") != args.end();
}

bool is_own_flag(const std::string& name) {
  const Parser parser;
  if (name.starts_with("--")) {
    const auto names = parser.names();
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  return name.starts_with("-h") || name.starts_with("-j");
}

Options parse_options(int argc, char** argv) {
  Parser parser;
  Options& options = parser.options;
  const std::string& progress = parser.progress;
  const std::string& log = parser.log;
  const std::string& engine = parser.engine;
  CLI::App& app = parser.app;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw usage_error(fmt::format("{}. `ix --help` shows how ix is called.", error.what()));
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() > 0) options.given.push_back("--" + option->get_lnames().front());
  }

  if (!progress.empty()) {
    const auto kind = ui::parse_view_kind(progress);
    if (!kind)
      throw usage_error(fmt::format("--progress is auto, tty, plain, json or quiet, not {}.", progress));
    options.progress = *kind;
  }
  if (parser.push && parser.no_push)
    throw usage_error("--push and --no-push say opposite things: give one of them.");
  if (parser.push || parser.no_push) options.push = parser.push;
  options.pull = !parser.no_pull;
  if (engine == "docker") {
    options.engine = app::EngineKind::kDocker;
  } else if (engine == "embedded") {
    options.engine = app::EngineKind::kEmbedded;
  } else if (!engine.empty()) {
    throw usage_error(fmt::format("--engine is embedded or docker, not {}.", engine));
  }
  if (!log.empty()) {
    const auto threshold = ui::parse_threshold(log);
    if (!threshold) throw usage_error(fmt::format("--log is DEBUG, INFO, WARN, ERROR or NONE, not {}.", log));
    options.threshold = *threshold;
  }
  options.log_level = log_level_name(options.threshold);

  std::vector<std::string> rest = app.remaining();
  if (!rest.empty() && rest.front() == "--") rest.erase(rest.begin());
  if (!rest.empty() && rest.front().starts_with("-")) fail_unknown_flag(parser, rest.front());
  if (!rest.empty() && rest.front().empty())
    throw usage_error("The name of the task is empty. `ix help` lists them all.");
  if (!rest.empty()) {
    options.task = rest.front();
    options.run.args.assign(rest.begin() + 1, rest.end());
  }
  return options;
}

std::string usage_text() {
  return R"(Usage: ix [flags] TASK [arguments]

Runs a task of the project in this folder, after the tasks that it needs. Flags
go before the task; what follows the task belongs to the task.

Flags:
  -h, --help       show this help; with a task, the help of that task
  --version        show the version
  --log LEVEL      DEBUG, INFO (default), WARN, ERROR or NONE
  --force          run the task even if it is complete
  --force-all      run it and all that it needs, complete or not
  --clean          clean the task first, then run it
  --clean-all      clean it and all that it needs first, then run them
  --show           show what is complete, run nothing
  --dry-run        show what would run and why, run nothing
  -j, --jobs N     run up to N tasks at a time (default: the processors; with
                   1, each task has the terminal)
  --progress HOW   auto (default), tty, plain, json or quiet
  --engine WHICH   who builds images: embedded (default) is ix itself, docker
                   the daemon of DOCKER_HOST

Flags for images:
  --push           push images that their registry lacks, and those that they
                   stand on; DOCKER.PUSH says whether that is less or more
  --no-push        push nothing, whatever DOCKER.PUSH says
  --no-pull        build what is not here without asking registries for it

Type 'ix help TASK' for help on a task.
)";
}

}  // namespace ixian::cli
