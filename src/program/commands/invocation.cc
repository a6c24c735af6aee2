#include "commands/invocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "cli/global_flags.h"

namespace ixian::commands {
namespace {

constexpr std::string_view kHelp = "help";

// Flags before the task are ours; what follows the task is the task's, or is looked at by whoever knows the
// command.
cli::Options parse_options(const std::vector<std::string>& words) {
  cli::Options options;
  options.jobs = std::max(2u, base::processor_count());
  const cli::LeadingOptions leading = cli::parse_leading(cli::global_flags(), words);
  cli::apply_flags(options, leading.options);
  if (leading.count == words.size()) return options;
  options.task = words[leading.count];
  if (options.task.empty()) {
    throw base::Error(base::ErrorCode::kUsage, "empty name of a task\nhint: list tasks with `ix help`");
  }
  options.run.args.assign(words.begin() + static_cast<std::ptrdiff_t>(leading.count) + 1, words.end());
  return options;
}

void normalise(cli::Options& options) {
  if (options.help) {
    options.run.args.clear();
    if (!options.task.empty() && options.task != kHelp) options.run.args.push_back(options.task);
    options.task = kHelp;
  } else if (options.task.empty()) {
    options.task = kHelp;
  }
}

}  // namespace

Invocation::Invocation(const std::vector<std::string>& words) : options_(parse_options(words)) {
  normalise(options_);
  before_ = options_;
  command_ = find_command(options_.task);
  if (command_ == nullptr) return;
  spec_ = spec_of(*command_);
  line_ = cli::parse_command(spec_, cli::global_flags(), options_.run.args);
  try {
    cli::apply_flags(options_, line_.globals);
    take_progress_variable();
  } catch (const base::Error& error) {
    if (!line_.error) line_.error = error;
  }
  options_.run.args = line_.rest;
}

void Invocation::take_progress_variable() {
  const std::string name(spec_.progress_variable);
  const char* value = name.empty() || options_.is_given("--progress") ? nullptr : std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return;
  const auto kind = ui::parse_view_kind(value);
  if (!kind) {
    const cli::OptionSpec* flag = cli::find_option(cli::global_flags(), "--progress");
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("invalid value \"{}\" for {} (expected: {})", base::printable_path(value),
                                  name, cli::expected_text(flag->choices)));
  }
  options_.progress = *kind;
}

void Invocation::require_understood() const {
  // `ix --push --help build` is about nothing that would be pushed.
  if (line_.command->subcommands.empty() && !before_.help) {
    for (const cli::OptionSpec* flag : before_.given) cli::require_obeyed(*line_.command, line_.path, *flag);
  }
  if (line_.error) throw base::Error(*line_.error);
}

void Invocation::take_for_task() {
  if (command_ == nullptr) return;
  command_ = nullptr;
  options_ = before_;
}

void Invocation::add(const std::vector<cli::ParsedOption>& flags, std::vector<std::string> words) {
  cli::apply_flags(options_, flags);
  options_.run.args = std::move(words);
}

}  // namespace ixian::commands
