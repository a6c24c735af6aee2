// Manual pages in the macros of man(7), made from tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace ixian::cli {

// What a page has besides its command: further sections with paragraphs as in command.h, among them files,
// variables and exit codes.
struct ManSection {
  std::string_view title;
  std::string_view text;                                                 // paragraphs
  std::vector<std::pair<std::string_view, std::string_view>> rows = {};  // a term and what it means
};

struct ManPage {
  std::string name;     // "ix-build"
  int section = 1;      // of the manual
  std::string version;  // "ix 0.1.0"
  std::string summary;
  std::vector<ManSection> sections;
  std::vector<std::string> see_also;  // "ix(1)"
};

// The page of a command: `page` says what it is called, and its sections come last.
std::string man_page(const CommandSpec& command, std::string_view path,
                     const std::vector<OptionSpec>& globals, const ManPage& page);

// A page that is about no command.
std::string man_page(const ManPage& page);

}  // namespace ixian::cli
