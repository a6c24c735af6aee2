#include "commands/help_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "app/workspace.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/print.h"
#include "commands/table.h"
#include "ui/style.h"

namespace ixian::commands {
namespace {

struct Entry {
  std::string name;
  std::string text;
};

std::string title_of(const std::string& category) {
  if (category.empty()) return "Misc";
  return base::to_upper(category.substr(0, 1)) + base::to_lower(category.substr(1));
}

// Categories in the order in which the project names them; tasks by name.
std::string list_of_tasks(const task::TaskGraph& graph, const ui::Style& style) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<Entry>> categories;
  std::size_t width = 0;
  auto add = [&](const std::string& category, const std::string& name, const std::string& text) {
    const std::string title = title_of(category);
    if (!categories.contains(title)) order.push_back(title);
    categories[title].push_back({name, text});
    width = std::max(width, base::display_width(name));
  };
  for (const auto& task : graph.tasks()) {
    if (task.in_context) add(task.category, task.name, task.short_description);
  }
  for (const auto& command : commands()) {
    if (graph.find(command.name) == task::TaskGraph::kNone) add("", command.name, command.short_description);
  }
  std::string out = "Available tasks:\n";
  for (const auto& title : order) {
    auto& entries = categories[title];
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return base::to_upper(a.name) < base::to_upper(b.name); });
    out += fmt::format("\n{}\n", style.paint(style.red, "[ " + title + " ]"));
    for (const auto& entry : entries) {
      const std::string padding(width - base::display_width(entry.name), ' ');
      std::string line = fmt::format("  {}{}    {}", entry.name, padding, entry.text);
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
  }
  return out;
}

// A docstring without the indentation of its source.
std::vector<std::string> clean_lines(const std::string& text) {
  std::vector<std::string_view> lines = base::split(text, '\n');
  std::size_t margin = std::string::npos;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto start = lines[i].find_first_not_of(" \t");
    if (start != std::string_view::npos) margin = std::min(margin, start);
  }
  std::vector<std::string> clean;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (i == 0) {
      line = base::trim(line);
    } else {
      line.remove_prefix(std::min(margin, line.size()));
      while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    }
    if (!clean.empty() || !line.empty()) clean.emplace_back(line);
  }
  while (!clean.empty() && clean.back().empty()) clean.pop_back();
  return clean;
}

std::string description_of(script::Project& project, const std::string& text) {
  std::string rendered = text;
  try {
    rendered = project.format(text);
  } catch (const base::Error&) {
    // A docstring that means its braces literally.
  }
  std::string out;
  for (const auto& line : clean_lines(rendered)) out += line.empty() ? "\n" : "    " + line + "\n";
  return out;
}

std::string configuration_of(script::Project& project, const task::Task& task) {
  std::size_t width = 0;
  std::vector<Entry> entries;
  for (const auto& variable : task.config) {
    std::string name(base::trim(variable));
    if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
    std::string value;
    try {
      value = project.format("{" + name + "}");
    } catch (const base::Error& error) {
      value = fmt::format("({})", error.message());
    }
    width = std::max(width, base::display_width(name));
    entries.push_back({name, value});
  }
  std::string out;
  for (const auto& entry : entries) {
    const std::string padding(width - base::display_width(entry.name), ' ');
    out += fmt::format("    - {}:{}  {}\n", entry.name, padding, entry.text);
  }
  return out;
}

bool builds_images(app::Workspace& workspace, const std::string& name) {
  const auto& graph = workspace.graph();
  try {
    const auto order = graph.order(graph.require(name));
    return std::any_of(order.begin(), order.end(), [&](task::TaskId id) { return graph[id].is_image(); });
  } catch (const base::Error&) {
    return false;  // a ring, which the page tells of
  }
}

std::string task_page(app::Workspace& workspace, const std::string& name, const ui::Style& style) {
  const task::Task& task = workspace.graph()[workspace.graph().require(name)];
  const auto heading = [&](std::string_view text) { return style.paint(style.bold, text) + "\n"; };
  std::string out = heading("NAME");
  out += "    " + task.name;
  if (!task.short_description.empty()) out += " -- " + task.short_description;
  out += "\n";
  if (!task.description.empty()) {
    out += "\n" + heading("DESCRIPTION") + description_of(workspace.project(), task.description);
  }
  if (!task.config.empty()) {
    out += "\n" + heading("CONFIGURATION") + configuration_of(workspace.project(), task);
  }
  out += "\n" + heading("STATUS");
  out += status_tree(workspace, name, {});
  if (workspace.images() != nullptr && builds_images(workspace, name))
    out += "    Of images: what is here. `ix plan " + name + "` asks their registries, too.\n";
  return out;
}

}  // namespace

std::string status_tree(app::Workspace& workspace, const std::string& name,
                        const plan::TaskOptions& options) {
  constexpr std::size_t kDeepest = 20;  // a chain of thousands stays readable, and its output linear
  const auto& graph = workspace.graph();
  const ui::Style& style = cli::output_style();
  const task::TaskId root = graph.require(name);
  plan::TaskPlan plan;
  try {
    plan = workspace.plan(name, options);
  } catch (const base::Error& error) {
    return fmt::format("    {}\n", error.message());
  }
  std::unordered_map<task::TaskId, bool> passes;
  for (const auto& step : plan.steps) {
    const bool gathers_nothing = step.is_virtual && graph.dependencies(step.id).empty();
    passes[step.id] = !step.decision.runs && !gathers_nothing;
  }
  std::string out;
  std::unordered_set<task::TaskId> seen;
  std::vector<std::pair<task::TaskId, std::size_t>> open{{root, 0}};
  while (!open.empty()) {
    const auto [id, depth] = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    out += std::string(4 * std::min(depth, kDeepest), ' ');
    out += passes.at(id) ? style.paint(style.green, style.tick) : style.paint(style.gray, style.circle);
    out += " " + graph[id].name + "\n";
    const auto& dependencies = graph.dependencies(id);
    for (auto each = dependencies.rbegin(); each != dependencies.rend(); ++each)
      open.emplace_back(*each, depth + 1);
  }
  return out;
}

void show_page(app::Workspace& workspace, const std::string& task) {
  workspace.image_access().ask_nobody();
  show_help(workspace, task);
}

std::string newcomers_page() {
  std::string out = "There is no project in this folder: no ixian.py. What can be done here:\n\n";
  std::size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  for (const Command& command : commands()) {
    if (command.project == ProjectUse::kNeeded) continue;
    out += fmt::format("  ix {:<{}}  {}\n", command.name, width, command.short_description);
  }
  if (const std::string above = app::project_above(); !above.empty())
    out += fmt::format("\nThere is an ixian.py in {}: its tasks are there.\n", base::printable_path(above));
  else
    out += "\n`ix init` looks at what is in this folder and writes the first files of a project.\n";
  out += "`ix help build` tells more of `ix build`.\n\n";
  return out + cli::usage_text();
}

void show_help(app::Workspace& workspace, const std::string& task) {
  const ui::Style& style = cli::output_style();
  if (task.empty()) {
    cli::print(cli::usage_text() + "\n" + list_of_tasks(workspace.graph(), style));
  } else if (const Command* command = find_command(task);
             command != nullptr && workspace.graph().find(task) == task::TaskGraph::kNone) {
    cli::print(command_page(*command, style));
  } else {
    cli::print(task_page(workspace, task, style));
  }
}

}  // namespace ixian::commands
