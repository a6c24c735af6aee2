#include "cli/reference_page.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/help_page.h"
#include "cli/text_layout.h"

namespace ixian::cli {
namespace {

// In a cell of a table a | would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|')
      out += "\\|";
    else
      out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(std::string_view text) {
  return fmt::format("`{}`", text);
}

std::string markdown(std::string_view text) {
  std::string out;
  for (const Paragraph& each : paragraphs(text)) {
    if (!each.literal) {
      out += "\n" + each.text + "\n";
      continue;
    }
    out += "\n";
    for (const std::string_view line : base::split(each.text, '\n')) out += fmt::format("    {}\n", line);
  }
  return out;
}

std::string choice_cells(const std::vector<Choice>& choices, std::string_view prefix) {
  std::vector<std::string> parts;
  for (const Choice& each : choices) {
    if (!each.is_shown() || each.summary.empty()) continue;
    parts.push_back(fmt::format("{}: {}", code(std::string(prefix) + std::string(each.value)), each.summary));
  }
  return base::join(parts, "; ");
}

std::string form_cell(const OptionSpec& option) {
  std::string out;
  if (option.letter != 0) out = code(fmt::format("-{}", option.letter)) + ", ";
  return out + code(std::string(option.name) + value_form(option));
}

std::string meaning_of(const OptionSpec& option) {
  std::vector<std::string> sentences = {option_text(option)};
  for (const Paragraph& each : paragraphs(option.details)) sentences.push_back(each.text);
  if (!option.config.empty()) sentences.push_back(fmt::format("It overrides `{}`.", option.config));
  if (const std::string values = choice_cells(option.choices, ""); !values.empty())
    sentences.push_back(values);
  for (const FieldSpec& field : option.fields) {
    const std::string key = std::string(field.key) + "=";
    const std::string values = choice_cells(field.choices, key);
    sentences.push_back(values.empty()
                            ? fmt::format("{}: {}", code(key + std::string(field.metavar)), field.summary)
                            : values);
  }
  for (std::string& each : sentences) each = cell(each);
  return base::join(sentences, "<br>");
}

}  // namespace

std::string reference_options(const std::vector<OptionSpec>& options) {
  std::string out;
  for (const OptionGroup& group : option_groups(options)) {
    out += fmt::format("\n| {} | |\n|---|---|\n", group.heading.empty() ? "Options" : group.heading);
    for (const OptionSpec* each : group.options)
      out += fmt::format("| {} | {} |\n", cell(form_cell(*each)), meaning_of(*each));
  }
  return out;
}

std::string reference_section(const CommandSpec& command, std::string_view path,
                              const std::vector<OptionSpec>& globals) {
  std::string out =
      fmt::format("\n## ix {}\n\n{}.\n\n    {}\n", path, command.summary, usage_line(command, path));
  out += markdown(command.description);
  if (!command.options.empty()) out += reference_options(command.options);
  std::vector<std::string> obeyed;
  if (command.subcommands.empty()) {
    for (const OptionSpec& each : obeyed_options(command, globals)) obeyed.push_back(code(each.name));
  }
  if (!obeyed.empty()) out += fmt::format("\nFlags of `ix` that it accepts: {}.\n", base::join(obeyed, ", "));
  if (!command.examples.empty()) {
    out += "\n";
    for (const Example& each : command.examples)
      out += each.summary.empty() ? fmt::format("    {}\n", each.call)
                                  : fmt::format("    {:<50}  # {}\n", each.call, each.summary);
  }
  for (const CommandSpec& each : command.subcommands)
    out += reference_section(each, fmt::format("{} {}", path, each.name), globals);
  return out;
}

}  // namespace ixian::cli
