// Words of a command line, sorted by a command's table.
//
// `--tag= x` is an empty value and not x, `-t=NAME` is NAME, `-qt NAME` is `-q -t NAME`, a flag's value is a
// boolean of Go's and never the next word. Options keep their order (-t and -o name things that belong
// together), the first wrong word is the one that is told of, and what follows a task's name is nobody's to
// look at.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/command.h"

namespace ixian::cli {

// "1", "t", "T", "true", "TRUE", "True" and their opposites, as Go has them; nullopt for other words.
std::optional<bool> parse_bool(std::string_view text);

// "-t", "--tag=x", "--"; not "-", which is standard input.
bool is_option_word(std::string_view word);

struct ParsedOption {
  const OptionSpec* spec = nullptr;
  std::string value;  // of a flag "true" or "false"
};

// Points into the tables that it was made with.
struct ParsedCommand {
  const CommandSpec* command = nullptr;  // the subcommand, where there are any
  std::string path;                      // "image copy"
  std::vector<ParsedOption> options;     // its own, in the order of the words
  std::vector<ParsedOption> globals;     // those of every command, that stood behind its name
  std::vector<std::string> arguments;    // as many as the table says
  std::vector<std::string> rest;         // of an argument that is `rest`
  bool help = false;                     // --help or -h, whatever else there is
  std::optional<base::Error> error;      // what is wrong; the rest is then as far as it was read

  bool has(std::string_view name) const;                          // a flag that is not false, or a value
  std::optional<std::string> value(std::string_view name) const;  // the last one
};

// Of `ix NAME WORDS…`. Never throws: a project may have a task of that name, whose words these are then.
// `name` may be a subcommand's path already ("image").
ParsedCommand parse_command(const CommandSpec& command, const std::vector<OptionSpec>& globals,
                            const std::vector<std::string>& words);

// The global options at the front of `words`. Throws base::Error{kUsage}.
struct LeadingOptions {
  std::vector<ParsedOption> options;
  std::size_t count = 0;  // words that they take up, with a "--" behind them
};
LeadingOptions parse_leading(const std::vector<OptionSpec>& globals, const std::vector<std::string>& words);

// Takes the options of these names off `words`, wherever they stand before a "--". Throws
// base::Error{kUsage}.
std::vector<ParsedOption> take_options(const std::vector<OptionSpec>& options,
                                       const std::vector<std::string_view>& names,
                                       std::vector<std::string>& words);

// Throws base::Error{kUsage} for a global option, wherever it stood, that means nothing to the command.
void require_obeyed(const CommandSpec& command, std::string_view path, const OptionSpec& global);

}  // namespace ixian::cli
