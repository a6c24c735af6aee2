#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/options.h"

namespace ixian::cli {

using base::Error;
using base::ErrorCode;

bool take_flag(std::vector<std::string>& args, std::string_view flag) {
  auto found = std::find(args.begin(), args.end(), flag);
  if (found == args.end()) return false;
  args.erase(found);
  return true;
}

std::optional<std::string> take_option(std::vector<std::string>& args, std::string_view name) {
  std::optional<std::string> value;
  const std::string joined = std::string(name) + "=";
  for (auto each = args.begin(); each != args.end();) {
    if (each->starts_with(joined)) {
      value = each->substr(joined.size());
      each = args.erase(each);
    } else if (*each == name) {
      if (each + 1 == args.end()) throw Error(ErrorCode::kUsage, fmt::format("{} needs a value.", name));
      value = *(each + 1);
      each = args.erase(each, each + 2);
    } else {
      ++each;
    }
  }
  return value;
}

namespace {

// "copy" of "ix copy SOURCE", and the options that stand in a usage.
std::string command_in(std::string_view usage) {
  std::string command;
  for (const std::string_view word : base::split(usage, ' ')) {
    if (word == "ix") continue;
    if (word.empty() || word.front() < 'a' || word.front() > 'z') break;
    command += (command.empty() ? "" : " ") + std::string(word);
  }
  return command;
}

std::vector<std::string> options_in(std::string_view usage) {
  std::vector<std::string> options;
  for (std::string_view word : base::split(usage, ' ')) {
    while (!word.empty() && word.front() == '[') word.remove_prefix(1);
    if (word.starts_with("-")) options.emplace_back(word.substr(0, word.find_first_of("]=")));
  }
  return options;
}

}  // namespace

base::Error unknown_option(const std::string& option, std::string_view command,
                           const std::vector<std::string>& known, const std::string& usage) {
  const std::string name = option.substr(0, option.find('='));
  const std::string call = usage.empty() ? "" : fmt::format(" It is: {}", usage);
  if (is_own_flag(name)) {
    return {ErrorCode::kUsage,
            fmt::format("{0} is a flag of ix itself, and goes before the task: `ix {1} {2} …`.{3}", name,
                        option, command, call)};
  }
  return {ErrorCode::kUsage,
          fmt::format("`ix {}` has no option {}.{}{}", command, name, base::did_you_mean(name, known), call)};
}

void require_arguments(const std::vector<std::string>& args, std::size_t least, std::size_t most,
                       const std::string& usage) {
  for (const std::string& arg : args) {
    if (arg.size() > 1 && arg.starts_with('-'))
      throw unknown_option(arg, command_in(usage), options_in(usage), usage);
  }
  const std::string command = command_in(usage);
  if (args.size() < least)
    throw Error(ErrorCode::kUsage,
                fmt::format("Something is missing behind `ix {}`. It is: {}", command, usage));
  if (args.size() > most) {
    throw Error(ErrorCode::kUsage, fmt::format("{} is one word too many behind `ix {}`. It is: {}",
                                               base::shell_quote(args[most]), command, usage));
  }
}

}  // namespace ixian::cli
