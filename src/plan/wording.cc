#include "plan/wording.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace ixian::plan {

std::string cut(const std::string& text, std::size_t columns) {
  if (base::display_width(text) <= columns) return text;
  std::size_t end = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    end += std::max<std::size_t>(1, base::utf8_length(std::string_view(text).substr(end)));
  }
  return text.substr(0, end) + "…";
}

}  // namespace ixian::plan
