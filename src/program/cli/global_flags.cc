#include "cli/global_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/engines.h"
#include "base/error.h"
#include "base/text.h"

namespace ixian::cli {
namespace {

constexpr std::string_view kOfImages = "Flags for images";
constexpr std::string_view kCannotTell = "`ix {0}` does not support {1}; nothing was done";
constexpr std::string_view kOfTasks =
    "`ix {0}` does not support {1}, which is for tasks; nothing was done\nhint: `ix --dry-run {0}` shows "
    "what it would do";
constexpr unsigned kMostJobs = 1024;

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

unsigned job_count(const std::string& text) {
  unsigned count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 || count > kMostJobs) {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("invalid value \"{}\" for --jobs (expected: a number from 1 to {})",
                                  base::printable_path(text), kMostJobs));
  }
  return count;
}

void set_threshold(Options& options, const std::string& text) {
  options.threshold = ui::parse_threshold(text).value_or(ui::Verbosity::kInfo);
  options.log_level = log_level_name(options.threshold);
}

struct Setter {
  std::string_view name;
  void (*set)(Options& options, const std::string& value);
};

constexpr std::string_view kTrue = "true";

std::vector<Choice> engine_choices() {
  std::vector<Choice> choices;
  for (const app::EngineType& each : app::engine_types()) choices.push_back({each.name, each.summary});
  return choices;
}

const Setter kSetters[] = {
    {"--help", [](Options& to, const std::string& value) { to.help = value == kTrue; }},
    {"--version", [](Options& to, const std::string& value) { to.version = value == kTrue; }},
    {"--log", set_threshold},
    {"--force", [](Options& to, const std::string& value) { to.run.force = value == kTrue; }},
    {"--force-all", [](Options& to, const std::string& value) { to.run.force_all = value == kTrue; }},
    {"--clean", [](Options& to, const std::string& value) { to.run.clean = value == kTrue; }},
    {"--clean-all", [](Options& to, const std::string& value) { to.run.clean_all = value == kTrue; }},
    {"--show", [](Options& to, const std::string& value) { to.show = value == kTrue; }},
    {"--json", [](Options& to, const std::string& value) { to.json = value == kTrue; }},
    {"--dry-run", [](Options& to, const std::string& value) { to.dry_run = value == kTrue; }},
    {"--jobs", [](Options& to, const std::string& value) { to.jobs = job_count(value); }},
    {"--progress",
     [](Options& to, const std::string& value) {
       to.progress = ui::parse_view_kind(value).value_or(ui::ViewKind::kAuto);
     }},
    {"--engine", [](Options& to, const std::string& value) { to.engine = app::find_engine_type(value); }},
    {"--push", [](Options& to, const std::string& value) { to.push = value == kTrue; }},
    {"--no-push", [](Options& to, const std::string& value) { to.push = value != kTrue; }},
    {"--no-pull", [](Options& to, const std::string& value) { to.pull = value != kTrue; }},
};

}  // namespace

const std::vector<OptionSpec>& global_flags() {
  static const std::vector<OptionSpec> table = {
      {.name = "--help",
       .letter = 'h',
       .summary = "Show this help; with a task or a command, its page",
       .universal = true},
      {.name = "--version", .summary = "Show the version"},
      {.name = "--log",
       .kind = OptionKind::kValue,
       .metavar = "LEVEL",
       .summary = "Show messages of this level and above",
       .choices = {{"DEBUG"}, {"INFO"}, {"WARN"}, {"WARNING", "", "", true}, {"ERROR"}, {"NONE"}},
       .any_case = true,
       .initial = "INFO",
       .universal = true},
      {.name = "--force", .summary = "Run the task even if it is complete"},
      {.name = "--force-all", .summary = "Run it and its dependencies, complete or not"},
      {.name = "--clean", .summary = "Clean the task first, then run it"},
      {.name = "--clean-all", .summary = "Clean it and its dependencies first, then run them"},
      {.name = "--show", .summary = "Show what is complete, run nothing", .refusal = kOfTasks},
      {.name = "--dry-run",
       .summary = "Show what would run and why, run nothing",
       .refusal = kCannotTell,
       .details = "Nothing changes in the store, the project or a registry. Commands show what they would "
                  "build, copy, remove or write."},
      {.name = "--json", .summary = "Print what was built as JSON, at the end", .conflicts = {"--dry-run"}},
      {.name = "--jobs",
       .letter = 'j',
       .kind = OptionKind::kValue,
       .metavar = "N",
       .summary = "Run up to N tasks at a time; with 1, each has the terminal",
       .initial = "the number of processors, at least 2"},
      {.name = "--progress",
       .kind = OptionKind::kValue,
       .metavar = "FORMAT",
       .summary = "Show progress in this format",
       .choices = {{"auto"},
                   {"tty"},
                   {"plain"},
                   {"json"},
                   {"quiet"},
                   {"rawjson", "", "", true},
                   {"none", "", "", true}},
       .initial = "auto",
       .universal = true},
      {.name = "--engine",
       .kind = OptionKind::kValue,
       .metavar = "ENGINE",
       .summary = "Build images with this engine",
       .choices = engine_choices(),
       .initial = app::engine_types().front().name,
       .config = "DOCKER.ENGINE"},
      {.name = "--push",
       .summary = "Push images that their registry lacks, and their bases",
       .config = "DOCKER.PUSH",
       .conflicts = {"--no-push"},
       .heading = kOfImages,
       .details = "`DOCKER.PUSH` sets which ones."},
      {.name = "--no-push",
       .summary = "Push nothing",
       .config = "DOCKER.PUSH",
       .conflicts = {"--push"},
       .heading = kOfImages},
      {.name = "--no-pull",
       .summary = "Do not look for the project's images in registries",
       .heading = kOfImages},
  };
  return table;
}

void apply_flags(Options& options, const std::vector<ParsedOption>& flags) {
  for (const ParsedOption& flag : flags) {
    const auto* setter = std::find_if(std::begin(kSetters), std::end(kSetters),
                                      [&](const Setter& each) { return each.name == flag.spec->name; });
    if (setter != std::end(kSetters)) setter->set(options, flag.value);
    options.given.push_back(flag.spec);
  }
}

}  // namespace ixian::cli
