// Lines become statements, statements instructions, and these stages. A statement is one logical line, and
// its heredocs are the raw lines after it, so who reads statements also reads those, before an instruction is
// looked at. A trigger of ONBUILD is parsed to find its errors and kept as text: it is read again in the file
// that it is triggered in.
#include "dockerfile/dockerfile.h"

#include <algorithm>

#include "base/characters.h"
#include "base/text.h"
#include "dockerfile/expand.h"
#include "dockerfile/heredocs.h"
#include "dockerfile/lexer.h"
#include "dockerfile/line_reader.h"
#include "dockerfile/parse_instruction.h"

namespace ixian::dockerfile {
namespace {

bool is_stage_name(std::string_view name) {
  return !name.empty() && base::is_letter(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return base::is_letter(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

// One statement of a file with all that belongs to it.
class StatementParser {
 public:
  StatementParser(LineReader& reader, const base::Source& source) : reader_(reader), source_(source) {}

  // False at the end of the file.
  bool next() {
    line_ = reader_.next();
    if (!line_) return false;
    escape_ = reader_.directives().escape;
    statement_ = split_statement(*line_, 0, line_->text.size(), escape_);
    keyword_ = base::to_upper(statement_->keyword.text);
    trigger_.reset();
    if (keyword_ == "ONBUILD") {
      trigger_ = split_statement(*line_, statement_->begin, statement_->end, escape_);
    }
    read_heredocs();
    return true;
  }

  const std::string& keyword() const { return keyword_; }
  const Statement& statement() const { return *statement_; }
  LogicalLine& line() { return *line_; }
  base::SourceRange where() const { return {statement_->keyword.at, reader_.line_number()}; }

  std::string text() const {
    const std::string& text = line_->text;
    const std::size_t begin = text.find_first_not_of(" \t\v\f\r");
    return text.substr(begin, text.find_last_not_of(" \t\v\f\r") + 1 - begin);
  }

  Instruction instruction() {
    Instruction instruction;
    instruction.body =
        trigger_ ? InstructionBody(on_build()) : parse_body({*statement_, escape_, std::move(heredocs_)});
    instruction.name = statement_->keyword.text;
    instruction.text = text();
    instruction.where = where();
    instruction.comments = std::move(line_->comments);
    return instruction;
  }

 private:
  void read_heredocs() {
    heredocs_.clear();
    const Statement& holder = trigger_ ? *trigger_ : *statement_;
    const std::string keyword = base::to_upper(holder.keyword.text);
    if (keyword != "RUN" && keyword != "COPY" && keyword != "ADD") return;
    // In a JSON array "<<EOF" is a word.
    if (json_words(*line_, holder.begin, holder.end)) return;
    try {
      heredocs_ = heredocs_of_line(line_->text);
    } catch (const ExpandError& error) {
      throw source_.error(statement_->keyword.at, std::string("invalid name of a heredoc: ") + error.what());
    }
    for (Heredoc& heredoc : heredocs_) read_content(heredoc);
  }

  void read_content(Heredoc& heredoc) {
    while (const auto raw = reader_.next_raw()) {
      std::string_view line = *raw;
      while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
      while (heredoc.strip_tabs && line.starts_with('\t')) line.remove_prefix(1);
      if (line == heredoc.name) return;
      heredoc.content += *raw;
    }
    throw source_.error(statement_->keyword.at, "heredoc <<" + base::shown(heredoc.name) +
                                                    " has no end (expected: a line \"" +
                                                    base::shown(heredoc.name) + "\")");
  }

  OnBuild on_build() {
    const Flags no_flags(*statement_, {});
    if (!statement_->has_arguments()) {
      throw source_.error(statement_->keyword.at, "ONBUILD needs an instruction");
    }
    const std::string keyword = base::to_upper(trigger_->keyword.text);
    if (keyword == "ONBUILD" || keyword == "FROM" || keyword == "MAINTAINER") {
      throw source_.error(trigger_->keyword.at, keyword + " cannot be a trigger of ONBUILD");
    }
    // Only for its errors.
    parse_body({*trigger_, escape_, heredocs_});
    OnBuild on_build{line_->text.substr(statement_->begin, statement_->end - statement_->begin)};
    // The heredocs go along: a trigger is a small Dockerfile of its own when it is read again.
    for (const Heredoc& heredoc : heredocs_) on_build.trigger += "\n" + heredoc.content + heredoc.name;
    return on_build;
  }

  LineReader& reader_;
  const base::Source& source_;
  char escape_ = '\\';
  std::optional<LogicalLine> line_;
  std::optional<Statement> statement_;
  std::optional<Statement> trigger_;
  std::string keyword_;
  std::vector<Heredoc> heredocs_;
};

Stage parse_from(StatementParser& parser, const base::Source& source, std::size_t index) {
  const Statement& statement = parser.statement();
  const Flags flags(statement, {{"platform", FlagKind::kText}});
  std::vector<base::Word> words = plain_words(*statement.line, statement.begin, statement.end);
  const bool named = words.size() == 3 && base::to_lower(words[1].text) == "as";
  if (!named && words.size() != 1) {
    throw source.error(words.size() > 1 ? words[1].at : statement.keyword.at,
                       "FROM takes an image or a stage, then at most AS and a name");
  }
  Stage stage;
  stage.index = index;
  stage.base = std::move(words[0]);
  stage.platform = flags.text("platform");
  if (stage.platform.at.line > 0 && stage.platform.empty()) {
    throw source.error(stage.platform.at, "--platform is empty");
  }
  if (named) {
    if (!is_stage_name(words[2].text)) {
      throw source.error(words[2].at, "invalid stage name \"" + base::shown(words[2].text) +
                                          "\" (expected: a letter, then letters, digits, _, . and -)");
    }
    // Names of stages are compared without regard to case.
    stage.name = base::to_lower(words[2].text);
    stage.written_name = words[2].text;
    stage.as_keyword = words[1].text;
  }
  stage.keyword = statement.keyword.text;
  stage.text = parser.text();
  stage.where = parser.where();
  stage.comments = std::move(parser.line().comments);
  return stage;
}

// Reads into `file`, which keeps what stands before an error.
void parse_into(Dockerfile& file) {
  const base::Source& source = *file.source;
  LineReader reader(source);
  StatementParser parser(reader, source);
  while (parser.next()) {
    file.directives = reader.directives();
    if (parser.line().has_empty_continuation)
      file.empty_continuations.push_back({parser.line().last_line, 1});
    if (parser.keyword() == "FROM") {
      file.stages.push_back(parse_from(parser, source, file.stages.size()));
      continue;
    }
    Instruction instruction = parser.instruction();
    if (!file.stages.empty()) {
      file.stages.back().instructions.push_back(std::move(instruction));
    } else if (std::holds_alternative<Arg>(instruction.body)) {
      file.global_args.push_back(std::move(instruction));
    } else {
      throw source.error(instruction.where.begin,
                         parser.keyword() + " is before the first FROM, where only ARG is allowed");
    }
  }
  file.directives = reader.directives();
  if (file.stages.empty()) throw source.error({}, "no FROM in this Dockerfile, nothing to build");
}

Dockerfile with_source(std::string text, std::string name) {
  Dockerfile file;
  text = base::checked_text(std::move(text), name);
  file.source = std::make_shared<const base::Source>(std::move(name), std::move(text));
  return file;
}

}  // namespace

Dockerfile parse(std::string text, std::string name) {
  Dockerfile file = with_source(std::move(text), std::move(name));
  parse_into(file);
  return file;
}

std::optional<Dockerfile> parse_until_error(std::string text, std::string name) {
  Dockerfile file;
  try {
    file = with_source(std::move(text), std::move(name));
    parse_into(file);
  } catch (const base::Error&) {
    if (file.stages.empty()) return std::nullopt;
  }
  return file;
}

Trigger parse_trigger(const std::string& text, const std::string& name) {
  Trigger trigger;
  trigger.source = std::make_shared<const base::Source>(name, base::checked_text(text, name));
  const base::Source& source = *trigger.source;
  LineReader reader(source);
  StatementParser parser(reader, source);
  if (!parser.next()) throw source.error({}, "this trigger is empty");
  if (parser.keyword() == "FROM" || parser.keyword() == "ONBUILD" || parser.keyword() == "MAINTAINER") {
    throw source.error(parser.statement().keyword.at, parser.keyword() + " cannot be a trigger of ONBUILD");
  }
  trigger.instruction = parser.instruction();
  if (parser.next())
    throw source.error(parser.statement().keyword.at, "a trigger is one instruction, but a second follows");
  return trigger;
}

}  // namespace ixian::dockerfile
