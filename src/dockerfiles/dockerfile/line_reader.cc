// Physical lines become logical ones: joined where they end in the escape character, without comments and
// empty lines in between. A logical line knows for each of its bytes where it stands in the file, so that
// errors show the true place. Directives are comments at the start of the file and nowhere else.
#include "dockerfile/line_reader.h"

#include <algorithm>

#include "base/characters.h"
#include "base/text.h"

namespace ixian::dockerfile {
namespace {

std::string_view without_line_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view without_indent(std::string_view line) {
  while (!line.empty() && base::is_space(line.front())) line.remove_prefix(1);
  return line;
}

// Takes the escape character off the end of a line that goes on in the next one. Two of them do not continue
// a line, and neither do three: Docker only looks at the last two.
bool take_continuation(std::string_view& line, char escape) {
  std::string_view rest = line;
  while (rest.ends_with(' ') || rest.ends_with('\t')) rest.remove_suffix(1);
  if (!rest.ends_with(escape)) return false;
  rest.remove_suffix(1);
  if (rest.ends_with(escape)) return false;
  line = rest;
  return true;
}

}  // namespace

base::Position LogicalLine::at(std::size_t offset) const {
  const auto after =
      std::upper_bound(pieces.begin(), pieces.end(), offset,
                       [](std::size_t value, const Piece& piece) { return value < piece.begin; });
  if (after == pieces.begin()) return {};
  const Piece& piece = *(after - 1);
  return source->position(piece.offset + (offset - piece.begin));
}

std::optional<std::string_view> LineReader::next_raw() {
  const std::string_view text = source_.text();
  if (offset_ >= text.size()) return std::nullopt;
  const std::size_t end = text.find('\n', offset_);
  const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
  const std::string_view line = text.substr(offset_, next - offset_);
  offset_ = next;
  ++line_number_;
  return line;
}

void LineReader::append(LogicalLine& line, std::string_view piece) const {
  line.pieces.push_back({line.text.size(), static_cast<std::size_t>(piece.data() - source_.text().data())});
  line.text += piece;
}

std::optional<LogicalLine> LineReader::next() {
  LogicalLine line;
  line.source = &source_;
  bool continues = false;
  while (const auto raw = next_raw()) {
    std::string_view piece = without_line_end(*raw);
    const std::string_view unindented = without_indent(piece);
    if (unindented.starts_with('#')) {
      // A comment between the parts of a line does not end it.
      if (continues) continue;
      if (!directives_done_ && take_directive(unindented, offset_ - raw->size())) continue;
      const std::string_view comment = base::trimmed(unindented.substr(1));
      if (comment.empty()) {
        // An empty comment parts a description from what stands above it.
        line.comments.clear();
      } else {
        line.comments.emplace_back(comment);
      }
      continue;
    }
    directives_done_ = true;
    if (unindented.empty()) {
      line.has_empty_continuation = line.has_empty_continuation || continues;
      continue;
    }
    if (!continues) piece = unindented;
    continues = take_continuation(piece, directives_.escape);
    append(line, piece);
    line.last_line = line_number_;
    if (!continues) return line;
  }
  if (base::trimmed(line.text).empty()) return std::nullopt;
  return line;
}

// "# name = value". The first line that is something else ends them, a comment too.
bool LineReader::take_directive(std::string_view line, std::size_t offset) {
  directives_done_ = true;
  const std::string_view text = without_indent(line.substr(1));
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string name = base::to_lower(base::trimmed(text.substr(0, equals)));
  const std::string value(base::trimmed(text.substr(equals + 1)));
  if (value.empty() || (name != "syntax" && name != "escape" && name != "check")) return false;

  const base::Position at = source_.position(offset);
  if (std::find(seen_directives_.begin(), seen_directives_.end(), name) != seen_directives_.end()) {
    throw source_.error(at, "duplicate directive: " + name);
  }
  seen_directives_.push_back(name);
  if (name == "syntax") {
    directives_.syntax = value;
  } else if (name == "check") {
    directives_.check = value;
  } else if (value == "\\" || value == "`") {
    directives_.escape = value.front();
  } else {
    throw source_.error(at, "invalid escape character \"" + base::shown(value) + "\" (expected: \\ or `)");
  }
  directives_done_ = false;
  return true;
}

}  // namespace ixian::dockerfile
