#include "cli/options.h"

#include <algorithm>

namespace ixian::cli {

bool Options::is_given(std::string_view flag) const {
  return std::any_of(given.begin(), given.end(), [&](const OptionSpec* each) { return each->name == flag; });
}

}  // namespace ixian::cli
