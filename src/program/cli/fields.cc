#include "cli/fields.h"

#include <fmt/format.h>

#include "base/error.h"

namespace ixian::cli {

Fields parse_fields(const std::string& flag, const std::string& text) {
  Fields all;
  std::string field;
  bool quoted = false;
  const auto finish = [&] {
    const std::size_t equals = field.find('=');
    if (field.empty())
      throw base::Error(base::ErrorCode::kUsage, fmt::format("empty field in \"{1}\" for {0}", flag, text));
    all.emplace_back(field.substr(0, equals), equals == std::string::npos ? "" : field.substr(equals + 1));
    field.clear();
  };
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
      // As in CSV: a path with a comma stands in quotes.
    } else if (c == ',' && !quoted) {
      finish();
    } else {
      field += c;
    }
  }
  finish();
  return all;
}

}  // namespace ixian::cli
