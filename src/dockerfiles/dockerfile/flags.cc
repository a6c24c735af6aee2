// Flags before an instruction's arguments. A flag that is not known is an error and not passed over: a
// misspelt one would build another image in silence.
#include "dockerfile/flags.h"

#include <algorithm>

#include "base/text.h"

namespace ixian::dockerfile {

Flags::Flags(const Statement& statement, std::vector<KnownFlag> known) {
  for (const base::Word& flag : statement.flags) add(flag, statement, known);
}

void Flags::add(const base::Word& flag, const Statement& statement, const std::vector<KnownFlag>& known) {
  const base::Source& source = *statement.line->source;
  const std::size_t equals = flag.text.find('=');
  const std::string name = flag.text.substr(2, equals == std::string::npos ? equals : equals - 2);
  const bool has_value = equals != std::string::npos;
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const KnownFlag& k) { return k.name == name; });
  if (found == known.end()) {
    std::vector<std::string> names;
    for (const KnownFlag& k : known) names.push_back("--" + k.name);
    const std::string keyword = base::to_upper(statement.keyword.text);
    throw source.error(flag.at, "unknown flag for " + keyword + ": --" + base::shown(name) +
                                    base::did_you_mean("--" + name, names));
  }
  std::vector<base::Word>& values = values_[name];
  if (!values.empty() && found->kind != FlagKind::kTexts) {
    throw source.error(flag.at, "duplicate flag: --" + name);
  }
  base::Word value{has_value ? flag.text.substr(equals + 1) : "true", flag.at};
  // A message about the value points behind the "=".
  if (has_value) value.at.column += static_cast<int>(equals) + 1;
  if (found->kind != FlagKind::kBool) {
    if (!has_value) throw source.error(flag.at, "--" + name + " needs a value: --" + name + "=…");
  } else {
    value.text = base::to_lower(value.text);
    if (value.text != "true" && value.text != "false") {
      throw source.error(value.at, "invalid value \"" + base::shown(value.text) + "\" for --" + name +
                                       " (expected: true, false)");
    }
  }
  values.push_back(std::move(value));
}

std::optional<bool> Flags::boolean(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second.front().text == "true";
}

base::Word Flags::text(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? base::Word{} : found->second.front();
}

std::vector<base::Word> Flags::texts(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<base::Word>{} : found->second;
}

}  // namespace ixian::dockerfile
