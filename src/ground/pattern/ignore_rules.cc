// .dockerignore as BuildKit (moby's patternmatcher) has it: the last rule that matches a path or one of its
// parents decides. Unlike git, an exception may take a file out of an excluded directory, so a walk may pass
// over a directory only if no later exception can match below it.
#include "pattern/ignore_rules.h"

#include <algorithm>
#include <stdexcept>

#include "base/characters.h"
#include "base/source_text.h"
#include "pattern/path_match.h"

namespace ixian::pattern {

void IgnoreRules::add(std::string_view text) {
  const bool exception = text.starts_with('!');
  if (exception) text = base::trimmed(text.substr(1));
  if (text.empty()) throw std::invalid_argument("there is no pattern after this \"!\"");
  rules_.push_back({IgnorePattern(clean_path(text)), exception});
}

IgnoreRules IgnoreRules::parse(std::string text, const std::string& name) {
  text = base::checked_text(std::move(text), name);
  IgnoreRules rules;
  std::size_t next = 0;
  while (next < text.size()) {
    const std::size_t begin = next;
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    next = end + 1;
    std::string_view line = std::string_view(text).substr(begin, end - begin);
    if (line.starts_with('#')) continue;
    line = base::trimmed(line);
    if (line.empty()) continue;
    const bool exception = line.starts_with('!');
    if (exception) line = base::trimmed(line.substr(1));
    // Clean first, so that "//a" is "a" too.
    std::string pattern = line.empty() ? "" : clean_path(line);
    if (pattern.size() > 1 && pattern.starts_with('/')) pattern.erase(0, 1);
    try {
      rules.add((exception ? "!" : "") + pattern);
    } catch (const std::invalid_argument& error) {
      const std::string reason = error.what();
      const base::Source source(name, text);
      throw source.error(source.position(begin), reason);
    }
  }
  return rules;
}

IgnoreRules IgnoreRules::from_patterns(const std::vector<std::string>& patterns) {
  IgnoreRules rules;
  for (const std::string& pattern : patterns) {
    const std::string_view text = base::trimmed(pattern);
    if (!text.empty()) rules.add(text);
  }
  return rules;
}

bool IgnoreRules::has_exceptions() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const Rule& rule) { return rule.exception; });
}

bool IgnoreRules::excludes_everything() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const Rule& rule) {
    const std::string& text = rule.pattern.text();
    return !rule.exception && (text == "*" || text == "**" || text == "**/*");
  });
}

bool IgnoreRules::excludes(std::string_view path) const {
  if (path.empty() || path == ".") return false;
  bool excluded = false;
  for (const Rule& rule : rules_) {
    // A rule that would change nothing need not be asked.
    if (rule.exception == excluded && rule.pattern.matches_path_or_parent(path)) excluded = !excluded;
  }
  return excluded;
}

bool IgnoreRules::can_skip_folder(std::string_view path) const {
  if (path.empty() || path == ".") return false;
  // Only exceptions after the last rule that excludes the folder can take something in it out again.
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (!rule->exception) {
      if (rule->pattern.matches_path_or_parent(path)) return true;
    } else if (rule->pattern.matches_path_or_parent(path) || rule->pattern.may_match_below(path)) {
      return false;
    }
  }
  return false;
}

std::vector<std::string> IgnoreRules::patterns() const {
  std::vector<std::string> patterns;
  for (const Rule& rule : rules_) patterns.push_back((rule.exception ? "!" : "") + rule.pattern.text());
  return patterns;
}

}  // namespace ixian::pattern
