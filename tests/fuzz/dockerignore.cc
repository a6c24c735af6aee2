// .dockerignore. The last line is a path; all before it are the rules.
#include "base/source_text.h"
#include "fuzz.h"
#include "pattern/ignore_rules.h"
#include "pattern/path_match.h"

namespace ixian::pattern {
namespace {

void check_rules(std::string_view text, std::string_view written_path) {
  std::string path = clean_path("/" + std::string(written_path)).substr(1);
  FUZZ_CHECK(clean_path("/" + path).substr(1) == path);
  try {
    const IgnoreRules rules = IgnoreRules::parse(std::string(text), ".dockerignore");
    FUZZ_CHECK(IgnoreRules::from_patterns(rules.patterns()).patterns().size() <= rules.patterns().size());
    const bool excluded = rules.excludes(path);
    // Where a folder may be skipped, all in it is excluded; without exceptions, all in what is excluded is.
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string folder = path.substr(0, slash);
      if (rules.can_skip_folder(folder)) FUZZ_CHECK(excluded && rules.excludes(folder));
      if (!rules.has_exceptions() && rules.excludes(folder)) FUZZ_CHECK(excluded);
    }
    FUZZ_CHECK(!rules.excludes(""));
  } catch (const base::Error& error) {
    FUZZ_CHECK(fuzz::is_message(error.message()));
  } catch (const std::invalid_argument& error) {
    // A pattern that begins with what from_patterns() reads as more than it was.
    FUZZ_CHECK(fuzz::is_message(error.what()));
  }
}

void check_match(std::string_view pattern, std::string_view name) {
  try {
    const bool matches = match_path(pattern, name);
    if (!has_wildcards(pattern) && pattern.find('\\') == std::string_view::npos) {
      FUZZ_CHECK(matches == (pattern == name));
    }
  } catch (const std::invalid_argument& error) {
    FUZZ_CHECK(fuzz::is_message(error.what()));
  }
}

}  // namespace
}  // namespace ixian::pattern

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = ixian::fuzz::text_of(data, size);
  const std::size_t last = text.rfind('\n');
  const std::string_view rules = last == std::string_view::npos ? "" : text.substr(0, last);
  const std::string_view path = last == std::string_view::npos ? text : text.substr(last + 1);
  ixian::pattern::check_rules(rules, path);
  ixian::pattern::check_match(rules.substr(0, rules.find('\n')), path);
  return 0;
}
