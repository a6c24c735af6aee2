#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace ixian::cli {

using base::Error;
using base::ErrorCode;

bool take_flag(std::vector<std::string>& args, std::string_view flag) {
  auto found = std::find(args.begin(), args.end(), flag);
  if (found == args.end()) return false;
  args.erase(found);
  return true;
}

std::optional<std::string> take_option(std::vector<std::string>& args, std::string_view name) {
  std::optional<std::string> value;
  const std::string joined = std::string(name) + "=";
  for (auto each = args.begin(); each != args.end();) {
    if (each->starts_with(joined)) {
      value = each->substr(joined.size());
      each = args.erase(each);
    } else if (*each == name) {
      if (each + 1 == args.end()) throw Error(ErrorCode::kUsage, fmt::format("{} needs a value.", name));
      value = *(each + 1);
      each = args.erase(each, each + 2);
    } else {
      ++each;
    }
  }
  return value;
}

void require_arguments(const std::vector<std::string>& args, std::size_t least, std::size_t most,
                       const std::string& usage) {
  for (const std::string& arg : args) {
    if (arg.size() > 1 && arg.starts_with('-')) {
      throw Error(ErrorCode::kUsage, fmt::format("There is no option {} here. It is: {}", arg, usage));
    }
  }
  if (args.size() < least || args.size() > most) throw Error(ErrorCode::kUsage, "It is: " + usage);
}

}  // namespace ixian::cli
