#include "cli/help_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "cli/text_layout.h"

namespace ixian::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kIndent = 4;
constexpr std::size_t kColumn = 30;

std::string heading(std::string_view text, const ui::Style& style) {
  return style.paint(style.bold, base::to_upper(text)) + "\n";
}

std::string indented(std::string_view text) {
  std::string out;
  for (const Paragraph& paragraph : paragraphs(text)) {
    if (!out.empty()) out += "\n";
    const std::size_t indent = paragraph.literal ? 2 * kIndent : kIndent;
    const auto lines = [&] {
      if (!paragraph.literal) return wrap(paragraph.text, kPageWidth - kIndent);
      std::vector<std::string> literal;
      for (const std::string_view line : base::split(paragraph.text, '\n')) literal.emplace_back(line);
      return literal;
    }();
    for (const std::string& line : lines) out += line.empty() ? "\n" : std::string(indent, ' ') + line + "\n";
  }
  return out;
}

bool explains(const std::vector<Choice>& choices) {
  return std::any_of(choices.begin(), choices.end(),
                     [](const Choice& each) { return each.is_shown() && !each.summary.empty(); });
}

// "    type=oci": below the option that takes it.
void add_values(Rows& rows, std::string_view prefix, const std::vector<Choice>& choices) {
  for (const Choice& each : choices) {
    if (each.is_shown()) rows.emplace_back(fmt::format("      {}{}", prefix, each.value), each.summary);
  }
}

void add_option_rows(Rows& rows, const OptionSpec& option, bool letters) {
  const bool aligned = letters && option.letter == 0;
  rows.emplace_back((aligned ? "    " : "") + option_form(option), option_text(option));
  if (explains(option.choices)) add_values(rows, "", option.choices);
  for (const FieldSpec& field : option.fields) {
    if (explains(field.choices)) {
      add_values(rows, std::string(field.key) + "=", field.choices);
    } else {
      rows.emplace_back(fmt::format("      {}={}", field.key, field.metavar), field.summary);
    }
  }
}

std::string command_list(const std::vector<CommandSpec>& commands) {
  Rows rows;
  std::size_t width = 0;
  for (const CommandSpec& each : commands) {
    rows.emplace_back(each.name, each.summary);
    width = std::max(width, each.name.size());
  }
  return two_columns(rows, kIndent, kIndent + width + 4);
}

std::string argument_list(const std::vector<ArgumentSpec>& arguments) {
  Rows rows;
  for (const ArgumentSpec& each : arguments) {
    const std::string name = each.metavar.empty() ? choices_text(each.choices) : std::string(each.metavar);
    if (!each.summary.empty()) rows.emplace_back(name, each.summary);
  }
  return two_columns(rows, kIndent, kColumn);
}

}  // namespace

std::vector<OptionGroup> option_groups(const std::vector<OptionSpec>& options) {
  std::vector<OptionGroup> groups;
  for (const OptionSpec& option : options) {
    if (!option.is_shown()) continue;
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const OptionGroup& each) { return each.heading == option.heading; });
    if (group == groups.end()) group = groups.insert(groups.end(), {option.heading, {}});
    group->options.push_back(&option);
  }
  return groups;
}

std::string option_text(const OptionSpec& option) {
  std::string text(option.summary);
  std::vector<std::string> notes;
  if (!option.choices.empty() && !explains(option.choices)) notes.push_back(choices_text(option.choices));
  if (option.repeatable) notes.emplace_back("repeatable");
  if (!option.initial.empty()) notes.push_back(fmt::format("default: {}", option.initial));
  if (!notes.empty()) text += fmt::format(" ({})", base::join(notes, "; "));
  return text;
}

std::string option_list(const std::vector<OptionSpec>& options, const ui::Style& style) {
  std::string out;
  const bool letters =
      std::any_of(options.begin(), options.end(), [](const OptionSpec& each) { return each.letter != 0; });
  for (const OptionGroup& group : option_groups(options)) {
    Rows rows;
    for (const OptionSpec* option : group.options) add_option_rows(rows, *option, letters);
    if (!out.empty()) out += "\n";
    out += heading(group.heading.empty() ? "Options" : group.heading, style);
    out += two_columns(rows, kIndent, kColumn);
  }
  return out;
}

std::string help_page(const CommandSpec& command, std::string_view path,
                      const std::vector<OptionSpec>& globals, const ui::Style& style) {
  std::string out = heading("Name", style);
  out += fmt::format("    {} -- {}\n\n", path, command.summary);
  out += heading("Usage", style);
  out += fmt::format("    {}\n", usage_line(command, path));
  if (!command.description.empty())
    out += "\n" + heading("Description", style) + indented(command.description);
  if (!command.subcommands.empty())
    out += "\n" + heading("Commands", style) + command_list(command.subcommands) +
           fmt::format("\n    See `ix help {} COMMAND` for each of them.\n", path);
  if (const std::string list = argument_list(command.arguments); !list.empty())
    out += "\n" + heading("Arguments", style) + list;
  if (const std::string list = option_list(command.options, style); !list.empty()) out += "\n" + list;
  if (command.subcommands.empty()) {
    std::vector<OptionSpec> obeyed = obeyed_options(command, globals);
    for (OptionSpec& each : obeyed) each.heading = "Flags of ix";
    if (const std::string list = option_list(obeyed, style); !list.empty()) out += "\n" + list;
  }
  if (!command.examples.empty()) {
    Rows rows;
    std::size_t width = 0;
    for (const Example& each : command.examples) {
      rows.emplace_back(each.call, each.summary);
      width = std::max(width, base::display_width(each.call));
    }
    out += "\n" + heading("Examples", style) +
           two_columns(rows, kIndent, std::min<std::size_t>(kIndent + width + 3, kPageWidth - 30));
  }
  return out;
}

}  // namespace ixian::cli
