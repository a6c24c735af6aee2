// The patterns of ${name#pattern} and its kin.
#pragma once

#include <string>
#include <string_view>

#include "pattern/glob.h"

namespace ixian::pattern {

inline constexpr Language kShell = {.separator = U'\n',
                                    .double_star = Language::DoubleStar::kTwoStars,
                                    .classes = Language::Classes::kNone,
                                    .backslash = Language::Backslash::kEscapesWildcards};

// * is any text and ? any character, neither of them a line end; backslashes make *, ?, \, / and } plain.
// Throws std::invalid_argument with a reason (no full stop): a backslash before anything else, or a pattern
// and a value so long that matching them would take long.
std::string trim_prefix(std::string_view value, std::string_view pattern, bool longest);
std::string trim_suffix(std::string_view value, std::string_view pattern, bool longest);

// The longest match from the leftmost place on; all of them, or the first. An empty pattern matches
// everywhere.
std::string replace_pattern(std::string_view value, std::string_view pattern, std::string_view replacement,
                            bool all);

}  // namespace ixian::pattern
