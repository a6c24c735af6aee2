// A command line as tables: what parsing, help pages, suggestions, completions, man pages and the reference
// are all made from. Nothing in here knows a concrete command.
//
// The front door of this room: a CommandSpec and words come in; a ParsedCommand, or a page, goes out.
//
//   CommandSpec     a command with its options, arguments and subcommands
//   OptionSpec      an option; a global one is understood before and after every command
//   ParsedCommand   (parser.h) what somebody has typed, sorted by such a table
//
// The views point to literals. Summaries are imperative, at most 60 columns, without a full stop. In texts
// back-ticks are around what is typed; paragraphs have an empty line between them, and one whose lines begin
// with four spaces is shown as it is.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ixian::cli {

// What may stand in a place, as far as a shell can offer it.
enum class Completer {
  kNothing,
  kFile,
  kDirectory,
  kTask,          // of the project
  kTopic,         // tasks and commands: what there is a help page of
  kStage,         // of the Dockerfile that the rest of the line names
  kProjectStage,  // an image of the project
  kImage,         // in the store, or in a folder or archive
  kRepository,
  kHost,
  kPlatform,
};

// One of the values that an option, a field or an argument takes.
struct Choice {
  std::string_view value;
  std::string_view summary = {};
  std::string_view instead = {};  // not empty: it is refused with this sentence, and offered nowhere
  bool hidden = false;            // taken, and offered nowhere

  bool is_shown() const { return !hidden && instead.empty(); }
};

// A part of a value of the kind "key=value,key=value".
struct FieldSpec {
  std::string_view key;
  std::string_view metavar = {};
  std::string_view summary = {};
  std::vector<Choice> choices = {};
  Completer completer = Completer::kNothing;
};

enum class OptionKind {
  kFlag,    // --push, --push=false
  kValue,   // --tag NAME, --tag=NAME, -t NAME, -tNAME, -t=NAME
  kFields,  // a value with fields
};

struct OptionSpec {
  std::string_view name = {};  // "--tag"
  char letter = 0;
  OptionKind kind = OptionKind::kFlag;
  std::string_view metavar = {};
  std::string_view summary = {};
  std::vector<Choice> choices = {};  // with any: no other value is taken
  bool any_case = false;             // nor does it matter how those are written
  std::vector<FieldSpec> fields = {};
  std::string_view initial = {};  // what counts without it: "auto", "2048"
  std::string_view config = {};   // the value of CONFIG that it overrides
  std::vector<std::string_view> conflicts = {};
  bool repeatable = false;      // each counts; else the last one does
  bool universal = false;       // of a global one: it means something to every command
  bool optional_value = false;  // --sbom alone is --sbom=true
  bool anywhere = false;        // it is taken out of words that are handed on, too (ArgumentSpec::rest)
  bool hidden = false;          // taken, and shown nowhere
  bool inert = false;           // taken without effect, and shown nowhere
  std::string_view note = {};   // of an inert one: why it has none, told in one line; "" is not told
  std::pair<std::string_view, std::string_view> also = {};  // a global one and its value that it stands for
  std::string_view heading = {};                            // the group on help pages; "" is "Options"
  std::string_view instead = {};  // not empty: the option is refused with this sentence, and shown nowhere
  std::string_view refusal =
      {};  // of a global one: why a command without it refuses; {0} is the command, {1} its name
  Completer completer = Completer::kNothing;
  std::string_view details = {};  // paragraphs for the man page and the reference

  bool takes_value() const { return kind != OptionKind::kFlag; }
  bool is_shown() const { return !hidden && !inert && instead.empty(); }
};

struct ArgumentSpec {
  static constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

  std::string_view metavar = {};  // "CONTEXT"
  std::size_t least = 1;
  std::size_t most = 1;
  std::string_view summary = {};
  std::vector<Choice> choices = {};
  Completer completer = Completer::kNothing;
  bool rest = false;              // it and all that follows are somebody else's words, options included
  std::string_view missing = {};  // a sentence for who has left it out; "" is a general one
};

struct Example {
  std::string_view call = {};
  std::string_view summary = {};
};

struct CommandSpec {
  std::string_view name = {};  // "image", "copy"
  std::string_view summary = {};
  std::string_view description = {};  // paragraphs
  std::vector<ArgumentSpec> arguments = {};
  std::vector<OptionSpec> options = {};
  std::vector<CommandSpec> subcommands = {};  // with any, the command itself does nothing
  std::vector<Example> examples = {};

  // The global options, besides the universal ones, that mean something to it. Any other is refused: nobody
  // is to take what has been done for what was asked for.
  std::vector<std::string_view> obeys = {};
  std::vector<std::pair<std::string_view, std::string_view>> refuses =
      {};  // global option → what to write instead

  // The environment variable that is --progress where that is not given.
  std::string_view progress_variable = {};

  const CommandSpec* find_subcommand(std::string_view name) const;
  bool obeys_option(const OptionSpec& global) const;
};

// Those of the global options that mean something to the command and that it has no own option for.
std::vector<OptionSpec> obeyed_options(const CommandSpec& command, const std::vector<OptionSpec>& globals);

// By "--tag" or "-t"; null where there is none.
const OptionSpec* find_option(const std::vector<OptionSpec>& options, std::string_view name);

// "ix image copy [options] SOURCE DESTINATION"; `path` is "image copy".
std::string usage_line(const CommandSpec& command, std::string_view path);

// " NAME", "[=NAME]" where it may be left out, "" of a flag.
std::string value_form(const OptionSpec& option);

// "-t, --tag NAME", "--tag NAME".
std::string option_form(const OptionSpec& option);

// "auto, tty or plain": those that are not refused.
std::string choices_text(const std::vector<Choice>& choices);

// "bash, zsh, fish", behind "expected: ".
std::string expected_text(const std::vector<Choice>& choices);

}  // namespace ixian::cli
