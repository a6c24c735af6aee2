#include "cli/task_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/global_flags.h"

namespace ixian::cli {
namespace {

bool takes_options(const task::Parameters& parameters) {
  return !parameters.known || parameters.keywords || (parameters.any_words && !parameters.names_only);
}

base::Error unknown_option(const std::string& option, const std::string& task) {
  const std::string name = option.substr(0, option.starts_with("--") ? option.find('=') : 2);
  if (find_option(global_flags(), name) != nullptr) {
    return {base::ErrorCode::kUsage,
            fmt::format(
                "{0} is a flag of ix, not of the task {2}\nhint: write it before the task: `ix {1} {2} …`",
                name, option, task)};
  }
  return {base::ErrorCode::kUsage,
          fmt::format("unknown flag for `ix {}`: {}", task, option.substr(0, option.find('=')))};
}

std::string count_text(const task::Parameters& parameters) {
  if (parameters.any_words) return fmt::format("at least {}", parameters.least);
  if (parameters.least == parameters.most) return fmt::format("{}", parameters.most);
  return fmt::format("{} to {}", parameters.least, parameters.most);
}

}  // namespace

bool wants_page(const task::Task& task, const std::vector<std::string>& args) {
  // The task may mean something by --help itself.
  if (takes_options(task.parameters)) return false;
  return std::any_of(args.begin(), args.end(),
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

void require_fitting(const task::Task& task, const std::vector<std::string>& args) {
  const task::Parameters& parameters = task.parameters;
  if (!parameters.known) return;
  const bool takes_none = parameters.most == 0 && !parameters.any_words;
  if (!takes_options(parameters) && (takes_none || parameters.names_only)) {
    const auto option = std::find_if(args.begin(), args.end(), is_option_word);
    if (option != args.end()) throw unknown_option(*option, task.name);
  }
  if (parameters.keywords) return;  // some of the words are not counted
  const bool too_many = args.size() > parameters.most && !parameters.any_words;
  if (!too_many && args.size() >= parameters.least) return;
  if (takes_none) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format("`ix {0}` takes no arguments, got {1}\nhint: see `ix help {0}`", task.name, args.size()));
  }
  throw base::Error(
      base::ErrorCode::kUsage,
      fmt::format("`ix {0}` takes {1} argument{2}, got {3}\nhint: see `ix help {0}`", task.name,
                  count_text(parameters), count_text(parameters) == "1" ? "" : "s", args.size()));
}

std::vector<ParsedOption> take_universal_flags(const task::Task& task, std::vector<std::string>& args) {
  if (takes_options(task.parameters)) return {};
  return take_options(global_flags(), {"--progress", "--log"}, args);
}

}  // namespace ixian::cli
