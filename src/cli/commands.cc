#include "cli/commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace ixian::cli {

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

std::string take_task(const Command& command, std::vector<std::string>& args) {
  if (args.empty()) {
    throw base::Error(base::ErrorCode::kUsage, fmt::format("`ix {0}` needs the name of a task: ix {0} {1}",
                                                           command.name, command.arguments));
  }
  std::string task = args.front();
  args.erase(args.begin());
  return task;
}

}  // namespace ixian::cli
