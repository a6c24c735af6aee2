#include "cli/completion.h"

#include <algorithm>

namespace ixian::cli {
namespace {

// Collects what begins with what has been typed.
class Offers {
 public:
  explicit Offers(std::string typed) : typed_(std::move(typed)) {}

  void add(std::string text, std::string_view summary) {
    if (text.starts_with(typed_)) completion_.candidates.push_back({std::move(text), std::string(summary)});
  }

  void add(const std::vector<Choice>& choices, const std::string& prefix) {
    for (const Choice& each : choices) {
      if (each.is_shown()) add(prefix + std::string(each.value), each.summary);
    }
  }

  // `prefix` is what stands before the value in the same word.
  void add(Completer what, const std::string& prefix, const ParsedCommand& line,
           const FindValues& find_values) {
    completion_.files = what == Completer::kFile || what == Completer::kImage;
    completion_.directories = what == Completer::kDirectory;
    if (what == Completer::kNothing || what == Completer::kFile || what == Completer::kDirectory) return;
    for (const Candidate& each : find_values(what, line)) add(prefix + each.text, each.summary);
  }

  Completion take() { return std::move(completion_); }

 private:
  std::string typed_;
  Completion completion_;
};

// "type=oci,dest=": the last field is the one that is being typed.
void offer_fields(Offers& offers, const OptionSpec& option, const std::string& prefix,
                  const std::string& value, const ParsedCommand& line, const FindValues& find_values) {
  const std::size_t comma = value.rfind(',');
  const std::string before = prefix + value.substr(0, comma == std::string::npos ? 0 : comma + 1);
  const std::string field = value.substr(comma == std::string::npos ? 0 : comma + 1);
  const std::size_t equals = field.find('=');
  for (const FieldSpec& each : option.fields) {
    const std::string start = before + std::string(each.key) + "=";
    if (equals == std::string::npos) {
      offers.add(start, each.summary);
    } else if (field.substr(0, equals) == each.key) {
      offers.add(each.choices, start);
      offers.add(each.completer, start, line, find_values);
    }
  }
}

Completion offer_value(const OptionSpec& option, const std::string& prefix, const std::string& value,
                       const ParsedCommand& line, const FindValues& find_values) {
  Offers offers(prefix + value);
  offers.add(option.choices, prefix);
  if (option.kind == OptionKind::kFields) {
    offer_fields(offers, option, prefix, value, line, find_values);
    if (value.find('=') == std::string::npos) offers.add(option.completer, prefix, line, find_values);
  } else {
    offers.add(option.completer, prefix, line, find_values);
  }
  return offers.take();
}

void offer_names(Offers& offers, const std::vector<OptionSpec>& options, const ParsedCommand& line,
                 bool only_obeyed) {
  for (const OptionSpec& each : options) {
    if (!each.is_shown()) continue;
    if (only_obeyed && line.command != nullptr && !line.command->obeys_option(each)) continue;
    const auto given = [&](const std::vector<ParsedOption>& all) {
      return std::any_of(all.begin(), all.end(),
                         [&](const ParsedOption& one) { return one.spec->name == each.name; });
    };
    if (!each.repeatable && (given(line.options) || given(line.globals))) continue;
    offers.add(std::string(each.name), each.summary);
  }
}

bool takes_next_word(const OptionSpec& option) {
  return option.takes_value() && !option.optional_value;
}

// The option whose value the next word is: the last word is an option that takes one, and has none in it.
const OptionSpec* open_option(const std::vector<const std::vector<OptionSpec>*>& tables,
                              const std::vector<std::string>& words) {
  const OptionSpec* open = nullptr;
  for (const std::string& word : words) {
    if (open != nullptr) {
      open = nullptr;  // this word is its value
      continue;
    }
    if (word == "--") return nullptr;
    if (word.find('=') != std::string::npos) continue;
    if (!word.starts_with("--") && word.size() != 2) continue;
    for (const auto* options : tables) {
      const OptionSpec* found = find_option(*options, word);
      if (found != nullptr && open == nullptr && takes_next_word(*found)) open = found;
    }
  }
  return open;
}

// "--progress=pl".
Completion complete_inline(const std::vector<const std::vector<OptionSpec>*>& tables,
                           const std::string& current, const ParsedCommand& line,
                           const FindValues& find_values) {
  const std::size_t equals = current.find('=');
  for (const auto* options : tables) {
    const OptionSpec* found = find_option(*options, current.substr(0, equals));
    if (found == nullptr || !found->takes_value()) continue;
    return offer_value(*found, current.substr(0, equals + 1), current.substr(equals + 1), line, find_values);
  }
  return {};
}

const ArgumentSpec* next_argument(const CommandSpec& command, std::size_t count) {
  for (const ArgumentSpec& each : command.arguments) {
    if (count < each.most || each.rest) return &each;
    count -= each.most;
  }
  return nullptr;
}

}  // namespace

Completion beginning_with(const std::string& typed, const std::vector<Candidate>& candidates) {
  Offers offers(typed);
  for (const Candidate& each : candidates) offers.add(each.text, each.summary);
  return offers.take();
}

Completion complete_arguments(const CommandSpec& command, const std::vector<OptionSpec>& globals,
                              const std::vector<std::string>& words, const std::string& current,
                              const FindValues& find_values) {
  const ParsedCommand line = parse_command(command, globals, words);
  const CommandSpec& last = *line.command;
  const std::vector<const std::vector<OptionSpec>*> tables = {&last.options, &globals};
  const ArgumentSpec* next = next_argument(last, line.arguments.size());
  const bool handed_on = !line.rest.empty() || (next != nullptr && next->rest);
  if (handed_on) {  // somebody else's words, but for what is taken out of them
    Offers offers(current);
    for (const OptionSpec& each : last.options) {
      if (each.anywhere && current.starts_with('-')) offers.add(std::string(each.name), each.summary);
    }
    Completion completion = offers.take();
    completion.files = true;
    return completion;
  }
  if (const OptionSpec* open = open_option(tables, words))
    return offer_value(*open, "", current, line, find_values);
  const bool only_arguments = std::find(words.begin(), words.end(), "--") != words.end();
  if (!only_arguments && current.starts_with("--") && current.find('=') != std::string::npos)
    return complete_inline(tables, current, line, find_values);
  Offers offers(current);
  if (!only_arguments && current.starts_with('-')) {
    offer_names(offers, last.options, line, false);
    offer_names(offers, globals, line, true);
    return offers.take();
  }
  if (!last.subcommands.empty()) {
    for (const CommandSpec& each : last.subcommands) offers.add(std::string(each.name), each.summary);
  } else if (next != nullptr) {
    offers.add(next->choices, "");
    offers.add(next->completer, "", line, find_values);
  }
  return offers.take();
}

std::optional<Completion> complete_leading(const std::vector<OptionSpec>& globals,
                                           const std::vector<std::string>& words, const std::string& current,
                                           std::size_t& count) {
  const ParsedCommand none;
  const auto no_values = [](Completer, const ParsedCommand&) { return std::vector<Candidate>(); };
  count = 0;
  while (count < words.size() && is_option_word(words[count])) {
    const std::string& word = words[count++];
    if (word == "--") return std::nullopt;
    const OptionSpec* option = find_option(globals, word);
    if (option == nullptr || !takes_next_word(*option)) continue;
    if (count == words.size()) return offer_value(*option, "", current, none, no_values);
    ++count;
  }
  if (count < words.size() || !current.starts_with('-')) return std::nullopt;
  if (current.find('=') != std::string::npos) return complete_inline({&globals}, current, none, no_values);
  ParsedCommand given;
  Offers offers(current);
  offer_names(offers, globals, given, false);
  return offers.take();
}

std::string completion_lines(const Completion& completion) {
  std::string out;
  if (completion.files) out += ":files\n";
  if (completion.directories) out += ":directories\n";
  for (const Candidate& each : completion.candidates) {
    const bool plain = (each.text + each.summary).find_first_of("\n\t") == std::string::npos;
    if (plain) out += each.summary.empty() ? each.text + "\n" : each.text + "\t" + each.summary + "\n";
  }
  return out;
}

}  // namespace ixian::cli
