#include "cli/command.h"

#include <fmt/format.h>

#include <algorithm>

namespace ixian::cli {
namespace {

// More options than these make a usage line that nobody reads.
constexpr std::size_t kMostInUsage = 6;

std::string option_usage(const OptionSpec& option) {
  const std::string form = std::string(option.name) + value_form(option);
  return option.repeatable ? fmt::format("[{}]…", form) : fmt::format("[{}]", form);
}

std::string argument_usage(const ArgumentSpec& argument) {
  std::string out(argument.metavar);
  if (argument.metavar.empty()) {
    for (const Choice& each : argument.choices) {
      if (each.is_shown()) out += (out.empty() ? "" : " | ") + std::string(each.value);
    }
  }
  if (argument.most > 1) out += "…";
  return argument.least == 0 ? "[" + out + "]" : out;
}

}  // namespace

const CommandSpec* CommandSpec::find_subcommand(std::string_view wanted) const {
  auto found = std::find_if(subcommands.begin(), subcommands.end(),
                            [&](const CommandSpec& each) { return each.name == wanted; });
  return found == subcommands.end() ? nullptr : &*found;
}

bool CommandSpec::obeys_option(const OptionSpec& global) const {
  return global.universal || std::find(obeys.begin(), obeys.end(), global.name) != obeys.end();
}

const OptionSpec* find_option(const std::vector<OptionSpec>& options, std::string_view name) {
  const auto is_meant = [&](const OptionSpec& each) {
    if (!name.starts_with("--")) return each.letter != 0 && name.size() == 2 && name[1] == each.letter;
    return each.name == name;
  };
  auto found = std::find_if(options.begin(), options.end(), is_meant);
  return found == options.end() ? nullptr : &*found;
}

std::vector<OptionSpec> obeyed_options(const CommandSpec& command, const std::vector<OptionSpec>& globals) {
  std::vector<OptionSpec> obeyed;
  for (const OptionSpec& each : globals) {
    if (command.obeys_option(each) && find_option(command.options, each.name) == nullptr)
      obeyed.push_back(each);
  }
  return obeyed;
}

std::string usage_line(const CommandSpec& command, std::string_view path) {
  std::string out = fmt::format("ix{}{}", path.empty() ? "" : " ", path);
  if (!command.subcommands.empty()) return out + " COMMAND";
  std::vector<std::string> options;
  for (const OptionSpec& option : command.options) {
    if (option.is_shown()) options.push_back(option_usage(option));
  }
  if (options.size() > kMostInUsage) options = {"[options]"};
  for (const std::string& each : options) out += " " + each;
  for (const ArgumentSpec& argument : command.arguments) out += " " + argument_usage(argument);
  return out;
}

std::string value_form(const OptionSpec& option) {
  if (!option.takes_value()) return "";
  return option.optional_value ? fmt::format("[={}]", option.metavar) : fmt::format(" {}", option.metavar);
}

std::string option_form(const OptionSpec& option) {
  std::string out = option.letter == 0 ? "" : fmt::format("-{}, ", option.letter);
  out += option.name;
  return out + value_form(option);
}

std::string choices_text(const std::vector<Choice>& choices) {
  std::vector<std::string_view> values;
  for (const Choice& each : choices) {
    if (each.is_shown()) values.push_back(each.value);
  }
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += i + 1 == values.size() ? " or " : ", ";
    out += values[i];
  }
  return out;
}

std::string expected_text(const std::vector<Choice>& choices) {
  std::string out;
  for (const Choice& each : choices) {
    if (each.is_shown()) out += (out.empty() ? "" : ", ") + std::string(each.value);
  }
  return out;
}

}  // namespace ixian::cli
