// `ix graph [TASK]`: who needs whom, as a drawing's source.
#include <fmt/format.h>

#include "app/workspace.h"
#include "base/error.h"
#include "cli/print.h"
#include "commands/table.h"

namespace ixian::commands {
namespace {

// A string literal of the DOT language, and of Mermaid but for its quotes.
std::string quoted(const std::string& name, std::string_view quote) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') {
      out += quote;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string dot_text(const task::TaskGraph& graph, const std::vector<task::TaskId>& tasks) {
  std::string out = "digraph ixian {\n  rankdir=LR;\n  node [shape=box];\n";
  for (task::TaskId id : tasks) {
    out += fmt::format("  {}{};\n", quoted(graph[id].name, "\\\""),
                       graph[id].is_virtual() ? " [style=dashed]" : "");
  }
  for (task::TaskId id : tasks) {
    for (task::TaskId dependency : graph.dependencies(id)) {
      out += fmt::format("  {} -> {};\n", quoted(graph[dependency].name, "\\\""),
                         quoted(graph[id].name, "\\\""));
    }
  }
  return out + "}\n";
}

std::string mermaid_text(const task::TaskGraph& graph, const std::vector<task::TaskId>& tasks) {
  std::string out = "flowchart LR\n";
  for (task::TaskId id : tasks) {
    const std::string label = quoted(graph[id].name, "#quot;");
    out += graph[id].is_virtual() ? fmt::format("  t{}([{}])\n", id, label)
                                  : fmt::format("  t{}[{}]\n", id, label);
  }
  for (task::TaskId id : tasks) {
    for (task::TaskId dependency : graph.dependencies(id))
      out += fmt::format("  t{} --> t{}\n", dependency, id);
  }
  return out;
}

int run_graph(const CommandContext& context) {
  std::vector<std::string> args = context.options.run.args;
  const bool dot = cli::take_flag(args, "--dot");
  cli::take_flag(args, "--mermaid");
  cli::require_arguments(args, 0, 1, "ix graph [TASK] [--mermaid | --dot]");
  const auto& graph = context.workspace->graph();
  std::vector<task::TaskId> tasks;
  if (args.empty()) {
    for (task::TaskId id = 0; id < graph.size(); ++id) tasks.push_back(id);
  } else {
    tasks = graph.order(graph.require(args[0]));
  }
  cli::print(dot ? dot_text(graph, tasks) : mermaid_text(graph, tasks));
  return 0;
}

}  // namespace

Command graph_command() {
  return {"graph",
          "[TASK] [--mermaid | --dot]",
          "Draw the tasks and what they need",
          "Prints the graph of TASK and all that it needs, or of the whole project, as\n"
          "Mermaid (default; GitHub and GitLab draw it) or for Graphviz:\n"
          "\n"
          "    ix graph --dot build_image | dot -Tsvg > graph.svg\n"
          "\n"
          "An arrow leads from a task to those that need it. Virtual targets are\n"
          "rounded, or dashed.",
          ProjectUse::kNeeded,
          kOnlyAsks,
          run_graph};
}

}  // namespace ixian::commands
