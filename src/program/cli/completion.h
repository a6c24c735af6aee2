// What a shell offers for a command line that is being typed, found in tables.
//
// The shells' scripts know nothing: they hand the words to `ix __complete`, and show what it prints. So there
// is one place that knows what can follow, and it is as new as the program.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/parser.h"

namespace ixian::cli {

struct Candidate {
  std::string text;  // the whole word
  std::string summary;
};

struct Completion {
  std::vector<Candidate> candidates;  // that begin with what has been typed
  bool files = false;                 // the shell offers files besides
  bool directories = false;           // or directories
};

Completion beginning_with(const std::string& typed, const std::vector<Candidate>& candidates);

// What is offered where a table says only of which kind it is. `line` is what has been typed before.
using FindValues = std::function<std::vector<Candidate>(Completer what, const ParsedCommand& line)>;

// Behind the command's name: `words` are whole, `current` is what has been typed of the next one.
Completion complete_arguments(const CommandSpec& command, const std::vector<OptionSpec>& globals,
                              const std::vector<std::string>& words, const std::string& current,
                              const FindValues& find_values);

// Whether the next word is still one of the leading options, or the value of one; then what it may be, else
// nullopt. `count` becomes the number of words that the leading options take up.
std::optional<Completion> complete_leading(const std::vector<OptionSpec>& globals,
                                           const std::vector<std::string>& words, const std::string& current,
                                           std::size_t& count);

// A line a candidate, its summary behind a tab; before them ":files" or ":directories".
std::string completion_lines(const Completion& completion);

// For "bash", "zsh" or "fish".
std::string completion_script(std::string_view shell);

}  // namespace ixian::cli
