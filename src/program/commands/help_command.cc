#include "commands/help_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "app/workspace.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/global_flags.h"
#include "cli/help_page.h"
#include "cli/print.h"
#include "commands/manual.h"
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
  for (const Command& command : commands()) {
    const std::string name(command.name);
    if (!command.hidden && graph.find(name) == task::TaskGraph::kNone)
      add("", name, std::string(command.summary));
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

// The table of "build" or "image copy".
std::optional<cli::CommandSpec> command_named(const std::string& topic) {
  const std::size_t space = topic.find(' ');
  const Command* command = find_command(topic.substr(0, space));
  if (command == nullptr || command->hidden) return std::nullopt;
  cli::CommandSpec spec = spec_of(*command);
  if (space == std::string::npos) return spec;
  const cli::CommandSpec* found = spec.find_subcommand(topic.substr(space + 1));
  return found == nullptr ? std::nullopt : std::optional(*found);
}

// False where there is no such command.
bool show_command_page(const std::string& topic) {
  const auto command = command_named(topic);
  if (command) cli::print(cli::help_page(*command, topic, cli::global_flags(), cli::output_style()));
  return command.has_value();
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
    out += "    Images: those in the local store; `ix plan " + name + "` looks in registries, too\n";
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

namespace {

std::string usage_text() {
  return "Usage: ix [flags] TASK [arguments]\n\nRuns a task of the project in this directory, after its "
         "dependencies. Flags go\nbefore the task; what follows the task belongs to the task. The commands "
         "of ix\nitself take them after their name as well.\n\n" +
         cli::option_list(cli::global_flags(), cli::output_style()) +
         "\nSee `ix help TASK` for help on a task or a command.\n";
}

std::string newcomers_page() {
  std::string out = "No project in this directory: ixian.py not found. Commands without a project:\n\n";
  std::size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  for (const Command& command : commands()) {
    if (command.hidden || command.project == ProjectUse::kNeeded) continue;
    out += fmt::format("  ix {:<{}}  {}\n", command.name, width, command.summary);
  }
  if (const std::string above = app::project_above(); !above.empty())
    out += fmt::format("\nhint: run ix in {}, which has an ixian.py\n", base::printable_path(above));
  else
    out += "\nhint: create a project with `ix init`\n";
  out += "See `ix help build` for help on `ix build`.\n\n";
  return out + usage_text();
}

}  // namespace

void show_help(app::Workspace& workspace, const std::string& topic) {
  if (topic.empty()) {
    cli::print(usage_text() + "\n" + list_of_tasks(workspace.graph(), cli::output_style()));
  } else if (workspace.graph().find(topic) != task::TaskGraph::kNone || !show_command_page(topic)) {
    require_task(workspace.graph(), topic);
    cli::print(task_page(workspace, topic, cli::output_style()));
  }
}

namespace {

// "image copy".
std::string topic_of(const cli::ParsedCommand& line) {
  return base::join(line.arguments, " ");
}

int run_help(const CommandContext& context) {
  const std::string topic = topic_of(context.line);
  const std::string format = context.line.value("--format").value_or("text");
  if (format == "man") {
    cli::print_bytes(manual_page(topic));
  } else if (format == "markdown") {
    cli::print_bytes(command_reference());
  } else if (context.workspace != nullptr) {
    show_page(*context.workspace, topic);
  } else if (topic.empty()) {
    cli::print(newcomers_page());
  } else {
    show_command_page(topic);
  }
  return 0;
}

cli::CommandSpec help_spec() {
  return {.description =
              "Lists the tasks of the project and the commands of ix; or shows the description, "
              "configuration and status of a task, or the usage of a command. It sends no requests to "
              "registries: images count as present where they are in the local store.",
          .arguments = {{.metavar = "TOPIC",
                         .least = 0,
                         .most = 2,
                         .summary = "A task, or a command such as `image copy`",
                         .completer = cli::Completer::kTopic}},
          .options = {{.name = "--format",
                       .kind = cli::OptionKind::kValue,
                       .metavar = "FORMAT",
                       .summary = "Print the page in this format",
                       .choices = {{"text", "for a terminal"},
                                   {"man", "the manual page of ix, a command or ixian.py"},
                                   {"markdown", "the reference of all commands"}},
                       .initial = "text"}},
          .examples = {{"ix help build_image", ""}, {"ix help --format man build | man -l -", ""}},
          .obeys = cli::kOnlyAsks};
}

bool can_help_without_project(const cli::ParsedCommand& line) {
  if (line.error) return false;
  if (line.value("--format").value_or("text") != "text") return true;
  const std::string topic = topic_of(line);
  // IXIAN_CONFIG names a project that is not there: that is to be told.
  if (topic.empty()) return std::getenv("IXIAN_CONFIG") == nullptr;
  return command_named(topic).has_value();
}

}  // namespace

Command help_command() {
  return {.name = "help",
          .summary = "Show help for a task or a command",
          .project = ProjectUse::kIfThere,
          .make_spec = help_spec,
          .run = run_help,
          .answers_at_once = can_help_without_project};
}

}  // namespace ixian::commands
