// The --flags of an instruction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/lexer.h"

namespace ixian::dockerfile {

enum class FlagKind { kBool, kText, kTexts };

struct KnownFlag {
  std::string name;
  FlagKind kind;
};

// The flags that one instruction was given, checked: each is known, and there once, unless it may be
// repeated.
class Flags {
 public:
  // Throws Error at the flag: unknown (with what may have been meant), twice, without a value or with a bad
  // one.
  Flags(const Statement& statement, std::vector<KnownFlag> known);

  // nullopt where the flag is not given.
  std::optional<bool> boolean(const std::string& name) const;
  base::Word text(const std::string& name) const;  // "" where it is not given
  std::vector<base::Word> texts(const std::string& name) const;

 private:
  void add(const base::Word& flag, const Statement& statement, const std::vector<KnownFlag>& known);

  std::map<std::string, std::vector<base::Word>> values_;
};

}  // namespace ixian::dockerfile
