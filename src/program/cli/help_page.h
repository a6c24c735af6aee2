// Help pages for a terminal, made from tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "ui/style.h"

namespace ixian::cli {

// `path` is "image copy". Of the global options the page shows those that the command obeys.
std::string help_page(const CommandSpec& command, std::string_view path,
                      const std::vector<OptionSpec>& globals, const ui::Style& style);

// Options with their groups' headings, "OPTIONS" where a group has none.
std::string option_list(const std::vector<OptionSpec>& options, const ui::Style& style);

// "Build an image (default: here; one of a, b)": what a line of help says of an option.
std::string option_text(const OptionSpec& option);

// The groups of options in the order in which the table names them, without those that are not shown.
struct OptionGroup {
  std::string_view heading;
  std::vector<const OptionSpec*> options;
};
std::vector<OptionGroup> option_groups(const std::vector<OptionSpec>& options);

}  // namespace ixian::cli
