#include "commands/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace ixian::commands {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {init_command(),  plan_command(),       why_command(),
                                             graph_command(), build_command(),      registries_command(),
                                             image_command(), completion_command(), version_command(),
                                             help_command(),  complete_command()};
  return table;
}

const Command* find_command(std::string_view name) {
  const auto& table = commands();
  auto found =
      std::find_if(table.begin(), table.end(), [&](const Command& each) { return each.name == name; });
  return found == table.end() ? nullptr : &*found;
}

cli::CommandSpec spec_of(const Command& command) {
  cli::CommandSpec spec = command.make_spec();
  spec.name = command.name;
  spec.summary = command.summary;
  return spec;
}

std::vector<std::string> command_names(bool in_project) {
  std::vector<std::string> names;
  for (const Command& each : commands()) {
    if (!each.hidden && (in_project || each.project != ProjectUse::kNeeded)) names.emplace_back(each.name);
  }
  return names;
}

bool is_task(const task::TaskGraph& graph, const std::string& name) {
  const task::TaskId id = graph.find(name);
  return id != task::TaskGraph::kNone && (name != "help" || !graph[id].source.empty());
}

void require_task(const task::TaskGraph& graph, const std::string& name) {
  if (graph.find(name) != task::TaskGraph::kNone) return;
  std::vector<std::string> names = command_names(true);
  for (const task::Task& task : graph.tasks()) names.push_back(task.name);
  throw base::Error(base::ErrorCode::kUsage,
                    fmt::format("unknown task: {}{}\nhint: list tasks with `ix help`",
                                base::shell_quote(name), base::did_you_mean(name, names)));
}

}  // namespace ixian::commands
