// Words with variables, and the patterns in them. The first line is the value of every variable.
#include <algorithm>

#include "base/source_text.h"
#include "dockerfile/expand.h"
#include "dockerfile/file_mode.h"
#include "dockerfile/go_values.h"
#include "dockerfile/heredocs.h"
#include "fuzz.h"
#include "stages/add_source.h"

namespace ixian::dockerfile {
namespace {

std::optional<Expansion> try_expand(std::string_view word, const VariableLookup& lookup,
                                    const ExpandMode& mode) {
  try {
    return expand(word, lookup, mode);
  } catch (const ExpandError& error) {
    FUZZ_CHECK(fuzz::is_message(error.what()));
    FUZZ_CHECK(error.offset() <= word.size());
    return std::nullopt;
  }
}

void check_word(std::string_view word, std::string_view value) {
  const VariableLookup set = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "unset") return std::nullopt;
    return std::string(value);
  };
  const VariableLookup unset = [](std::string_view) { return std::optional<std::string>(); };
  ExpandMode mode;
  if (const auto expansion = try_expand(word, set, mode)) {
    FUZZ_CHECK(expansion->text.size() <= base::kMostBytes);
    if (!needs_expansion(word, mode.escape)) FUZZ_CHECK(expansion->text == word);
    for (const std::string& part : expansion->words) FUZZ_CHECK(!part.empty());
    for (const std::string& name : expansion->missing) FUZZ_CHECK(name == "unset");
  }
  mode.escape = '`';
  mode.quotes_are_plain = true;
  try_expand(word, set, mode);
  mode = {};
  mode.keep_unset = mode.keep_quotes = mode.keep_escapes = true;
  if (const auto kept = try_expand(word, unset, mode)) FUZZ_CHECK(kept->found.empty());
  for (const Heredoc& heredoc : [&] {
         try {
           return heredocs_of_line(word);
         } catch (const ExpandError&) {
           return std::vector<Heredoc>();
         }
       }()) {
    FUZZ_CHECK(!heredoc.name.empty());
  }
}

void check_values(std::string_view text) {
  parse_duration(text);
  parse_size(text);
  parse_bool(text);
  is_signal(text);
  if (const auto ports = parse_ports(text)) FUZZ_CHECK(ports->size() <= 65536);
  try {
    const FileMode mode(text);
    FUZZ_CHECK(mode.apply(07777, true) <= 07777 && mode.apply(0, false) <= 07777);
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(fuzz::is_message(error.what()));
  }
  try {
    const stages::AddSource source = stages::classify_source(text);
    if (const auto* url = std::get_if<stages::UrlSource>(&source)) {
      FUZZ_CHECK(url->file_name.find('/') == std::string::npos && url->file_name != "..");
    }
    if (const auto* git = std::get_if<stages::GitSource>(&source)) {
      FUZZ_CHECK(!git->remote.starts_with('-') && !git->ref.starts_with('-'));
      FUZZ_CHECK(git->subdir != ".." && !git->subdir.starts_with("../") && !git->subdir.starts_with('/'));
    }
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(fuzz::is_message(error.what()));
  }
}

}  // namespace
}  // namespace ixian::dockerfile

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = ixian::fuzz::text_of(data, size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  ixian::dockerfile::check_word(text.substr(std::min(end + 1, text.size())), text.substr(0, end));
  ixian::dockerfile::check_values(text.substr(0, end));
  return 0;
}
