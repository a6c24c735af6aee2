// The table of instructions, and those of them that set a value.
#include "dockerfile/parse_instruction.h"

#include <algorithm>

#include "base/characters.h"
#include "base/text.h"

namespace ixian::dockerfile {
namespace {

// "key value", where no "=" stands in the first word.
KeyValue legacy_pair(const ParseContext& context) {
  const Statement& statement = context.statement;
  const std::string& text = statement.line->text;
  std::size_t end = statement.begin;
  while (end < statement.end && !base::is_space(text[end])) ++end;
  std::size_t value = end;
  while (value < statement.end && base::is_space(text[value])) ++value;
  if (value == statement.end) throw context.error(context.keyword() + " needs a value: name=value.");
  return {statement.line->word(statement.begin, end), statement.line->word(value, statement.end), true};
}

std::vector<KeyValue> pairs(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  const Statement& statement = context.statement;
  const auto words = quoted_words(*statement.line, statement.begin, statement.end, context.escape);
  if (words.empty()) throw context.error(context.keyword() + " needs at least 1 name=value");
  // Docker decides by the first word alone.
  if (words.front().text.find('=') == std::string::npos) return {legacy_pair(context)};

  std::vector<KeyValue> pairs;
  for (const base::Word& word : words) {
    const std::size_t equals = word.text.find('=');
    if (equals == std::string::npos) {
      throw context.source().error(word.at, "missing = in \"" + base::shown(word.text) +
                                                "\": " + context.keyword() +
                                                " takes name=value, with quotes around a value with spaces");
    }
    if (equals == 0) throw context.source().error(word.at, "missing name before =");
    base::Word value{word.text.substr(equals + 1), word.at};
    value.at.column += static_cast<int>(equals) + 1;
    pairs.push_back({{word.text.substr(0, equals), word.at}, std::move(value)});
  }
  return pairs;
}

InstructionBody parse_env(const ParseContext& context) {
  return Env{pairs(context)};
}

InstructionBody parse_label(const ParseContext& context) {
  return Label{pairs(context)};
}

InstructionBody parse_arg(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  const Statement& statement = context.statement;
  Arg arg;
  for (const base::Word& word :
       quoted_words(*statement.line, statement.begin, statement.end, context.escape)) {
    const std::size_t equals = word.text.find('=');
    if (equals == 0) throw context.source().error(word.at, "missing name before =");
    ArgDeclaration declaration{{word.text.substr(0, equals), word.at}, std::nullopt};
    if (equals != std::string::npos) {
      declaration.value = base::Word{word.text.substr(equals + 1), word.at};
      declaration.value->at.column += static_cast<int>(equals) + 1;
    }
    arg.declarations.push_back(std::move(declaration));
  }
  if (arg.declarations.empty()) throw context.error("ARG needs at least 1 name");
  return arg;
}

InstructionBody parse_expose(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  const Statement& statement = context.statement;
  Expose expose{plain_words(*statement.line, statement.begin, statement.end), {}};
  if (expose.words.empty()) throw context.error("EXPOSE needs at least 1 port");
  // As in BuildKit, so that the history is the same.
  std::stable_sort(expose.words.begin(), expose.words.end(),
                   [](const base::Word& a, const base::Word& b) { return a.text < b.text; });
  return expose;
}

InstructionBody parse_maintainer(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  return Maintainer{context.one_word().text};
}

InstructionBody parse_stop_signal(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  return StopSignal{context.one_word()};
}

InstructionBody parse_user(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  return User{context.one_word()};
}

InstructionBody parse_workdir(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  return Workdir{context.one_word()};
}

struct Entry {
  std::string_view keyword;
  InstructionBody (*parse)(const ParseContext&);
};

// FROM and ONBUILD are not among these: a FROM begins a stage, and an ONBUILD holds another instruction.
constexpr Entry kTable[] = {
    {"ADD", parse_add},
    {"ARG", parse_arg},
    {"CMD", parse_cmd},
    {"COPY", parse_copy},
    {"ENTRYPOINT", parse_entrypoint},
    {"ENV", parse_env},
    {"EXPOSE", parse_expose},
    {"HEALTHCHECK", parse_healthcheck},
    {"LABEL", parse_label},
    {"MAINTAINER", parse_maintainer},
    {"RUN", parse_run},
    {"SHELL", parse_shell},
    {"STOPSIGNAL", parse_stop_signal},
    {"USER", parse_user},
    {"VOLUME", parse_volume},
    {"WORKDIR", parse_workdir},
};

struct KeywordOf {
  std::string_view operator()(const Add&) const { return "ADD"; }
  std::string_view operator()(const Arg&) const { return "ARG"; }
  std::string_view operator()(const Cmd&) const { return "CMD"; }
  std::string_view operator()(const Copy&) const { return "COPY"; }
  std::string_view operator()(const Entrypoint&) const { return "ENTRYPOINT"; }
  std::string_view operator()(const Env&) const { return "ENV"; }
  std::string_view operator()(const Expose&) const { return "EXPOSE"; }
  std::string_view operator()(const Healthcheck&) const { return "HEALTHCHECK"; }
  std::string_view operator()(const Label&) const { return "LABEL"; }
  std::string_view operator()(const Maintainer&) const { return "MAINTAINER"; }
  std::string_view operator()(const OnBuild&) const { return "ONBUILD"; }
  std::string_view operator()(const Run&) const { return "RUN"; }
  std::string_view operator()(const Shell&) const { return "SHELL"; }
  std::string_view operator()(const StopSignal&) const { return "STOPSIGNAL"; }
  std::string_view operator()(const User&) const { return "USER"; }
  std::string_view operator()(const Volume&) const { return "VOLUME"; }
  std::string_view operator()(const Workdir&) const { return "WORKDIR"; }
};

}  // namespace

std::string_view keyword(const InstructionBody& body) {
  return std::visit(KeywordOf{}, body);
}

std::string ParseContext::keyword() const {
  return base::to_upper(statement.keyword.text);
}

std::optional<std::vector<base::Word>> ParseContext::json() const {
  return json_words(*statement.line, statement.begin, statement.end);
}

base::Error ParseContext::error(const std::string& sentence) const {
  return source().error(
      statement.has_arguments() ? statement.line->at(statement.begin) : statement.keyword.at, sentence);
}

base::Word ParseContext::one_word() const {
  if (!statement.has_arguments()) throw error(keyword() + " needs an argument");
  return statement.arguments();
}

const std::vector<std::string>& all_keywords() {
  static const std::vector<std::string> keywords = [] {
    std::vector<std::string> names = {"FROM", "ONBUILD"};
    for (const Entry& entry : kTable) names.emplace_back(entry.keyword);
    return names;
  }();
  return keywords;
}

InstructionBody parse_body(const ParseContext& context) {
  const std::string keyword = context.keyword();
  for (const Entry& entry : kTable) {
    if (entry.keyword == keyword) return entry.parse(context);
  }
  throw context.source().error(context.statement.keyword.at,
                               "unknown instruction: " + base::shown(context.statement.keyword.text) +
                                   base::did_you_mean(keyword, all_keywords()));
}

}  // namespace ixian::dockerfile
