#include "cli/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace ixian::cli {
namespace {

using base::Error;
using base::ErrorCode;

[[noreturn]] void fail_usage(const std::string& message, const std::string& context = "") {
  throw Error(ErrorCode::kUsage, message, context);
}

std::string usage_of(const CommandSpec& command, std::string_view path) {
  return "usage: " + usage_line(command, path);
}

// "--tag=x", "-tx", "-t=x" in two.
struct OptionWord {
  std::string name;
  std::optional<std::string> value;

  explicit OptionWord(const std::string& word) : name(word) {
    if (word.starts_with("--")) {
      const std::size_t equals = word.find('=');
      name = word.substr(0, equals);
      if (equals != std::string::npos) value = word.substr(equals + 1);
    } else if (word.size() > 2) {
      name = word.substr(0, 2);
      value = word.substr(word[2] == '=' ? 3 : 2);
    }
  }
};

std::string bool_value(const OptionSpec& option, const std::optional<std::string>& given) {
  const std::optional<bool> value = given ? parse_bool(*given) : true;
  if (value) return *value ? "true" : "false";
  fail_usage(fmt::format("invalid value \"{}\" for {} (expected: true, false)", base::printable_path(*given),
                         option.name));
}

void require_choice(std::string_view what, const std::vector<Choice>& choices, const std::string& value,
                    bool any_case = false) {
  for (const Choice& each : choices) {
    const bool meant =
        each.value == value || (any_case && base::to_upper(value) == base::to_upper(each.value));
    if (meant && each.instead.empty()) return;
    if (meant) fail_usage(fmt::format("{} does not accept {}\nhint: {}", what, value, each.instead));
  }
  fail_usage(fmt::format("invalid value \"{}\" for {} (expected: {})", base::printable_path(value), what,
                         expected_text(choices)));
}

// Reads the value, from the next word where the option's own has none.
ParsedOption read_option(const OptionSpec& option, const OptionWord& word,
                         const std::vector<std::string>& words, std::size_t& next) {
  if (!option.takes_value()) return {&option, bool_value(option, word.value)};
  if (!word.value && option.optional_value) return {&option, "true"};
  if (!word.value && next == words.size()) fail_usage(fmt::format("{} needs a value", option.name));
  std::string value = word.value ? *word.value : words[next++];
  if (value.empty()) fail_usage(fmt::format("{} needs a value", option.name));
  if (!option.choices.empty()) require_choice(option.name, option.choices, value, option.any_case);
  return {&option, std::move(value)};
}

void require_compatible(const std::vector<ParsedOption>& options) {
  for (const ParsedOption& one : options) {
    if (one.value == "false" && !one.spec->takes_value()) continue;
    for (const std::string_view other : one.spec->conflicts) {
      const bool both = std::any_of(options.begin(), options.end(), [&](const ParsedOption& each) {
        return each.spec->name == other && (each.spec->takes_value() || each.value == "true");
      });
      if (both) fail_usage(fmt::format("{} and {} cannot be used together", one.spec->name, other));
    }
  }
}

// For suggestions: those of the command, and of the global ones all or those that it obeys.
std::vector<std::string> option_names(const CommandSpec& command, const std::vector<OptionSpec>& globals,
                                      bool all = false) {
  std::vector<std::string> names;
  for (const OptionSpec& each : command.options) {
    if (each.is_shown()) names.emplace_back(each.name);
  }
  for (const OptionSpec& each : globals) {
    if (all || command.obeys_option(each)) names.emplace_back(each.name);
  }
  return names;
}

class CommandParser {
 public:
  CommandParser(const CommandSpec& command, const std::vector<OptionSpec>& globals,
                const std::vector<std::string>& words)
      : globals_(globals), words_(words) {
    parsed_.command = &command;
    parsed_.path = command.name;
    in_rest_ = !command.arguments.empty() && command.arguments.front().rest;
  }

  ParsedCommand run() {
    try {
      while (next_ < words_.size() && !in_rest_) take(words_[next_++]);
      take_rest();
      require_compatible(parsed_.options);
      require_compatible(parsed_.globals);
      if (!parsed_.help) require_arguments();
    } catch (const Error& error) {
      parsed_.error = error;
    }
    return std::move(parsed_);
  }

 private:
  const CommandSpec& command() const { return *parsed_.command; }

  void take(const std::string& word) {
    if (!only_arguments_ && word == "--") {
      only_arguments_ = true;
    } else if (!only_arguments_ && is_option_word(word)) {
      take_option(word);
    } else if (!command().subcommands.empty()) {
      descend(word);
    } else {
      take_argument(word);
    }
  }

  void take_option(const std::string& text) {
    const OptionWord word(text);
    if (word.name == "--help" || word.name == "-h") {
      parsed_.help = true;
      return;
    }
    const OptionSpec* own = find_option(command().options, word.name);
    if (is_cluster(text, own != nullptr ? own : find_option(globals_, word.name))) {
      take_option(text.substr(0, 2));
      return take_option("-" + text.substr(2));
    }
    if (own != nullptr) {
      // `--load=false` asks for nothing.
      if (!own->instead.empty() && !own->takes_value() && bool_value(*own, word.value) == "false") return;
      if (!own->instead.empty())
        fail_usage(
            fmt::format("`ix {}` does not accept {}\nhint: {}", parsed_.path, own->name, own->instead));
      parsed_.options.push_back(read_option(*own, word, words_, next_));
      const OptionSpec* global = find_option(globals_, own->also.first);
      if (global != nullptr && parsed_.options.back().value != "false")
        parsed_.globals.push_back({global, std::string(own->also.second)});
      return;
    }
    if (const OptionSpec* global = find_option(globals_, word.name)) {
      // Before a subcommand it may be that one's.
      if (command().subcommands.empty()) require_obeyed(command(), parsed_.path, *global);
      parsed_.globals.push_back(read_option(*global, word, words_, next_));
      return;
    }
    fail_usage(fmt::format("unknown flag for `ix {}`: {}{}", parsed_.path, word.name,
                           base::did_you_mean(word.name, option_names(command(), globals_))),
               usage_of(command(), parsed_.path));
  }

  // "-qt": letters of flags may stand together, and the last one may be that of an option with a value.
  static bool is_cluster(std::string_view text, const OptionSpec* first) {
    return first != nullptr && !first->takes_value() && text.size() > 2 && text[1] != '-' && text[2] != '=';
  }

  void descend(const std::string& word) {
    const CommandSpec* found = command().find_subcommand(word);
    if (found == nullptr) {
      const auto names = subcommand_names();
      fail_usage(fmt::format("unknown command: ix {} {}{}\nhint: commands: {}", parsed_.path, word,
                             base::did_you_mean(word, names), base::join(names, ", ")));
    }
    parsed_.command = found;
    parsed_.path += " " + word;
    for (const ParsedOption& given : parsed_.globals) require_obeyed(*found, parsed_.path, *given.spec);
  }

  std::vector<std::string> subcommand_names() const {
    std::vector<std::string> names;
    for (const CommandSpec& each : command().subcommands) names.emplace_back(each.name);
    return names;
  }

  void take_argument(const std::string& word) {
    const auto& specs = command().arguments;
    std::size_t before = 0;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const std::size_t taken = parsed_.arguments.size() - before;
      if (taken < specs[i].most) {
        if (!specs[i].choices.empty())
          require_choice(fmt::format("`ix {}`", parsed_.path), specs[i].choices, word);
        parsed_.arguments.push_back(word);
        in_rest_ = taken + 1 == specs[i].most && i + 1 < specs.size() && specs[i + 1].rest;
        return;
      }
      before += specs[i].most;
    }
    fail_usage(
        fmt::format("unexpected argument \"{}\" for `ix {}`", base::printable_path(word), parsed_.path),
        usage_of(command(), parsed_.path));
  }

  // An option that is taken anywhere is a flag.
  void take_rest() {
    for (; next_ < words_.size(); ++next_) {
      const OptionSpec* option = find_option(command().options, words_[next_]);
      if (option != nullptr && option->anywhere)
        parsed_.options.push_back({option, "true"});
      else
        parsed_.rest.push_back(words_[next_]);
    }
  }

  // "2 arguments", "at least 1 argument".
  std::string argument_count() const {
    std::size_t least = 0;
    bool more = false;
    for (const ArgumentSpec& spec : command().arguments) {
      if (!spec.rest) least += spec.least;
      more = more || spec.most > spec.least;
    }
    return (more ? "at least " : "") + base::counted(least, "argument");
  }

  void require_arguments() {
    if (!command().subcommands.empty()) {
      fail_usage(fmt::format("`ix {}` needs a command\nhint: commands: {}", parsed_.path,
                             base::join(subcommand_names(), ", ")));
    }
    std::size_t left = parsed_.arguments.size();
    for (const ArgumentSpec& spec : command().arguments) {
      if (!spec.rest && left < spec.least) {
        if (!spec.missing.empty()) fail_usage(std::string(spec.missing));
        fail_usage(
            fmt::format("`ix {}` takes {}, got {}", parsed_.path, argument_count(), parsed_.arguments.size()),
            usage_of(command(), parsed_.path));
      }
      left -= std::min(left, spec.most);
    }
  }

  const std::vector<OptionSpec>& globals_;
  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
  bool only_arguments_ = false;
  bool in_rest_ = false;
  ParsedCommand parsed_;
};

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return false;
  return std::nullopt;
}

bool is_option_word(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

bool ParsedCommand::has(std::string_view name) const {
  const auto given = value(name);
  return given && *given != "false";
}

std::optional<std::string> ParsedCommand::value(std::string_view name) const {
  for (auto each = options.rbegin(); each != options.rend(); ++each) {
    if (each->spec->name == name) return each->value;
  }
  return std::nullopt;
}

ParsedCommand parse_command(const CommandSpec& command, const std::vector<OptionSpec>& globals,
                            const std::vector<std::string>& words) {
  return CommandParser(command, globals, words).run();
}

LeadingOptions parse_leading(const std::vector<OptionSpec>& globals, const std::vector<std::string>& words) {
  LeadingOptions leading;
  std::size_t& next = leading.count;
  while (next < words.size() && is_option_word(words[next]) && words[next] != "--") {
    const OptionWord word(words[next]);
    const OptionSpec* option = find_option(globals, word.name);
    if (option == nullptr) {
      fail_usage(fmt::format(
          "unknown flag: {}{}\nhint: flags of a task go after its name; `ix --help` lists those of ix",
          word.name, base::did_you_mean(word.name, option_names({}, globals, true))));
    }
    ++next;
    leading.options.push_back(read_option(*option, word, words, next));
  }
  if (next < words.size() && words[next] == "--") ++next;
  require_compatible(leading.options);
  return leading;
}

std::vector<ParsedOption> take_options(const std::vector<OptionSpec>& options,
                                       const std::vector<std::string_view>& names,
                                       std::vector<std::string>& words) {
  std::vector<ParsedOption> taken;
  std::vector<std::string> left;
  for (std::size_t next = 0; next < words.size();) {
    const std::string& word = words[next++];
    if (word == "--") {
      left.insert(left.end(), words.begin() + static_cast<std::ptrdiff_t>(next) - 1, words.end());
      break;
    }
    const OptionWord split(word);
    const OptionSpec* option = is_option_word(word) ? find_option(options, split.name) : nullptr;
    if (option != nullptr && std::find(names.begin(), names.end(), option->name) != names.end())
      taken.push_back(read_option(*option, split, words, next));
    else
      left.push_back(word);
  }
  words = std::move(left);
  return taken;
}

void require_obeyed(const CommandSpec& command, std::string_view path, const OptionSpec& global) {
  if (command.obeys_option(global)) return;
  for (const auto& [name, instead] : command.refuses) {
    if (name == global.name)
      fail_usage(fmt::format("{} has no effect on `ix {}`\nhint: {}", name, path, instead));
  }
  if (!global.refusal.empty()) fail_usage(fmt::format(fmt::runtime(global.refusal), path, global.name));
  fail_usage(fmt::format("{} has no effect on `ix {}`\nhint: leave it out", global.name, path));
}

}  // namespace ixian::cli
