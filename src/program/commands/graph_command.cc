// `ix graph [TASK]`: who needs whom, as a drawing's source.
#include <fmt/format.h>

#include "app/workspace.h"
#include "base/error.h"
#include "cli/global_flags.h"
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
  const auto& args = context.line.arguments;
  const auto& graph = context.workspace->graph();
  std::vector<task::TaskId> tasks;
  if (args.empty()) {
    for (task::TaskId id = 0; id < graph.size(); ++id) tasks.push_back(id);
  } else {
    require_task(graph, args[0]);
    tasks = graph.order(graph.find(args[0]));
  }
  cli::print(context.line.has("--dot") ? dot_text(graph, tasks) : mermaid_text(graph, tasks));
  return 0;
}

cli::CommandSpec graph_spec() {
  return {
      .description =
          "Prints the graph of TASK and its dependencies, or of the whole project, as Mermaid (which GitHub "
          "and GitLab draw) or for Graphviz. An arrow points from a task to those that depend on it. Virtual "
          "targets are rounded, or dashed.",
      .arguments = {{.metavar = "TASK",
                     .least = 0,
                     .summary = "The task to draw (default: all)",
                     .completer = cli::Completer::kTask}},
      .options =
          {{.name = "--mermaid", .summary = "Print a Mermaid flowchart (default)", .conflicts = {"--dot"}},
           {.name = "--dot", .summary = "Print a graph in the DOT language", .conflicts = {"--mermaid"}}},
      .examples = {{"ix graph --dot build_image | dot -Tsvg > graph.svg", ""}},
      .obeys = cli::kOnlyAsks};
}

}  // namespace

Command graph_command() {
  return {"graph", "Draw tasks and their dependencies", ProjectUse::kNeeded, graph_spec, run_graph};
}

}  // namespace ixian::commands
