#include "cli/man_page.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/help_page.h"
#include "cli/text_layout.h"

namespace ixian::cli {
namespace {

// Text that means nothing to roff: backslashes and hyphens are themselves, and no line is a request.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '.' && (out.empty() || out.back() == '\n'))
      out += "\\&.";
    else
      out += c;
  }
  return out;
}

// Back-ticks become bold.
std::string prose(std::string_view text) {
  std::string out;
  bool bold = false;
  for (const std::string_view part : base::split(text, '`')) {
    out += bold ? "\\fB" + escaped(part) + "\\fP" : escaped(part);
    bold = !bold;
  }
  return out;
}

std::string macro(std::string_view name, std::string_view text) {
  return fmt::format(".{} {}\n", name, text);
}

std::string section(std::string_view title) {
  return macro("SH", "\"" + base::to_upper(escaped(title)) + "\"");
}

std::string text_of(std::string_view text, std::string_view between = ".PP\n") {
  std::string out;
  for (const Paragraph& paragraph : paragraphs(text)) {
    if (!out.empty()) out += between;
    out += paragraph.literal ? ".RS 4\n.nf\n" + escaped(paragraph.text) + "\n.fi\n.RE\n"
                             : prose(paragraph.text) + "\n";
  }
  return out;
}

std::string term(const std::string& bold, std::string_view text) {
  return ".TP\n" + bold + "\n" + (text.empty() ? "\\&\n" : prose(text) + "\n");
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fP";
}

// "\fB-t\fP, \fB--tag\fP \fINAME\fP".
std::string form_of(const OptionSpec& option) {
  std::string out;
  if (option.letter != 0) out = bold(std::string{'-', option.letter}) + ", ";
  out += bold(option.name);
  const std::string value = "\\fI" + escaped(option.metavar) + "\\fP";
  if (!option.takes_value()) return out;
  return out + (option.optional_value ? "[=" + value + "]" : " " + value);
}

std::string values_of(const std::vector<Choice>& choices, std::string_view prefix) {
  std::string out;
  for (const Choice& each : choices) {
    if (each.is_shown() && !each.summary.empty())
      out += term(bold(std::string(prefix) + std::string(each.value)), each.summary);
  }
  return out;
}

std::string option_entry(const OptionSpec& option) {
  std::string out = term(form_of(option), option_text(option) + ".");
  if (!option.details.empty()) out += ".IP\n" + text_of(option.details, ".IP\n");
  if (!option.config.empty()) out += ".IP\n" + prose(fmt::format("It overrides `{}`.", option.config)) + "\n";
  std::string inner = values_of(option.choices, "");
  for (const FieldSpec& field : option.fields) {
    const std::string key = std::string(field.key) + "=";
    if (const std::string values = values_of(field.choices, key); !values.empty())
      inner += values;
    else
      inner += term(bold(key) + "\\fI" + escaped(field.metavar) + "\\fP", field.summary);
  }
  if (!inner.empty()) out += ".RS\n" + inner + ".RE\n";
  return out;
}

std::string option_sections(const std::vector<OptionSpec>& options, std::string_view title) {
  std::string out;
  for (const OptionGroup& group : option_groups(options)) {
    out += section(group.heading.empty() ? title : group.heading);
    for (const OptionSpec* each : group.options) out += option_entry(*each);
  }
  return out;
}

std::string head(const ManPage& page) {
  return fmt::format(
             ".\\\" Made by `ix help --format man`.\n.TH \"{}\" {} \"\" \"{}\" \"Ixian\"\n.nh\n.ad l\n",
             base::to_upper(escaped(page.name)), page.section, escaped(page.version)) +
         section("Name") + escaped(page.name) + " \\- " + prose(page.summary) + "\n";
}

std::string tail(const ManPage& page) {
  std::string out;
  for (const ManSection& each : page.sections) {
    out += section(each.title) + text_of(each.text);
    for (const auto& [what, meaning] : each.rows) out += term(bold(what), meaning);
  }
  if (page.see_also.empty()) return out;
  out += section("See also");
  for (std::size_t i = 0; i < page.see_also.size(); ++i) {
    const std::string& name = page.see_also[i];
    const std::size_t parenthesis = name.find('(');
    out += macro("BR", escaped(name.substr(0, parenthesis)) + " " + name.substr(parenthesis) +
                           (i + 1 < page.see_also.size() ? "," : ""));
  }
  return out;
}

std::string command_sections(const CommandSpec& command, std::string_view path) {
  std::string out;
  for (const CommandSpec& each : command.subcommands) {
    const std::string full = fmt::format("{}{}{}", path, path.empty() ? "" : " ", each.name);
    out += section(full) + bold(usage_line(each, full)) + "\n.PP\n" + prose(each.summary) + ".\n";
    if (!each.description.empty()) out += ".PP\n" + text_of(each.description);
    for (const OptionSpec& option : each.options) {
      if (option.is_shown()) out += option_entry(option);
    }
  }
  return out;
}

}  // namespace

std::string man_page(const CommandSpec& command, std::string_view path,
                     const std::vector<OptionSpec>& globals, const ManPage& page) {
  std::string out = head(page) + section("Synopsis") + bold(usage_line(command, path)) + "\n";
  if (!command.description.empty()) out += section("Description") + text_of(command.description);
  std::string arguments;
  for (const ArgumentSpec& each : command.arguments) {
    if (!each.metavar.empty() && !each.summary.empty())
      arguments += term("\\fI" + escaped(each.metavar) + "\\fP", std::string(each.summary) + ".");
  }
  if (!arguments.empty()) out += section("Arguments") + arguments;
  out += option_sections(command.options, "Options") + command_sections(command, path);
  std::vector<OptionSpec> obeyed = obeyed_options(command, globals);
  for (OptionSpec& each : obeyed) each.heading = "Flags of ix";
  out += option_sections(obeyed, "Flags of ix");
  if (!command.examples.empty()) {
    out += section("Examples");
    for (const Example& each : command.examples) out += term(bold(each.call), each.summary);
  }
  return out + tail(page);
}

std::string man_page(const ManPage& page) {
  return head(page) + tail(page);
}

}  // namespace ixian::cli
