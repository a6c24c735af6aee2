#include "commands/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace ixian::commands {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {init_command(),  plan_command(),       why_command(),
                                             graph_command(), build_command(),      registries_command(),
                                             image_command(), completion_command(), version_command()};
  return table;
}

const Command* find_command(std::string_view name) {
  const auto& table = commands();
  auto found =
      std::find_if(table.begin(), table.end(), [&](const Command& each) { return each.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string command_page(const Command& command, const ui::Style& style) {
  std::string out = style.paint(style.bold, "NAME") + "\n";
  out += fmt::format("    {} -- {}\n\n", command.name, command.short_description);
  out += style.paint(style.bold, "USAGE") + "\n";
  out += fmt::format("    ix {} {}\n\n", command.name, command.arguments);
  out += style.paint(style.bold, "DESCRIPTION") + "\n";
  for (std::string_view line : base::split(command.description, '\n')) {
    out += line.empty() ? "\n" : fmt::format("    {}\n", line);
  }
  return out;
}

namespace {

// Where a flag asks for what the command has under another name, or without it.
std::string instead_of(const std::string& flag, const std::string& command) {
  if (command != "build") return "Leave it out.";
  if (flag == "--push") return "Write it behind: `ix build --push -t NAME CONTEXT`.";
  if (flag == "--no-push") return "`ix build` pushes nothing but with --push behind it. Leave it out.";
  if (flag == "--force" || flag == "--force-all")
    return "Write `ix build --no-cache CONTEXT` to run every instruction.";
  if (flag == "--no-pull")
    return "`ix build` asks for a base image only where none is known here, or with --pull behind it.";
  return "Leave it out.";
}

}  // namespace

void require_obeyed(const cli::Options& options, const std::string& command,
                    const std::vector<std::string>& obeys) {
  for (const std::string& flag : options.given) {
    if (flag == "--log" || flag == "--progress" || flag == "--help" || flag == "--version") continue;
    if (std::find(obeys.begin(), obeys.end(), flag) != obeys.end()) continue;
    if (flag == "--show" && std::find(obeys.begin(), obeys.end(), "--dry-run") != obeys.end()) {
      throw base::Error(base::ErrorCode::kUsage,
                        fmt::format("--show is about the tasks of a project, and is refused before `ix {0}`. "
                                    "`ix --dry-run {0}` tells what it would do. Nothing has been done.",
                                    command));
    }
    if (flag == "--dry-run" || flag == "--show") {
      throw base::Error(
          base::ErrorCode::kUsage,
          fmt::format("`ix {}` cannot tell what it would do without doing it, so that {} is refused. "
                      "Nothing has been done.",
                      command, flag));
    }
    throw base::Error(base::ErrorCode::kUsage, fmt::format("{} means nothing to `ix {}`. {}", flag, command,
                                                           instead_of(flag, command)));
  }
}

std::string take_task(const Command& command, std::vector<std::string>& args) {
  if (args.empty()) {
    throw base::Error(base::ErrorCode::kUsage, fmt::format("`ix {0}` needs the name of a task: ix {0} {1}",
                                                           command.name, command.arguments));
  }
  if (args.front().starts_with('-'))
    throw cli::unknown_option(args.front(), command.name, {"--json"},
                              fmt::format("ix {} {}", command.name, command.arguments));
  std::string task = args.front();
  args.erase(args.begin());
  return task;
}

}  // namespace ixian::commands
