#include "plan/wording.h"

#include <algorithm>
#include <string_view>

#include "base/utf8.h"

namespace ixian::plan {

std::string cut(const std::string& text, std::size_t columns) {
  if (base::display_width(text) <= columns) return text;
  std::size_t end = 0;
  for (std::size_t column = 0;;) {
    const std::string_view rest = std::string_view(text).substr(end);
    const std::string_view next = rest.substr(0, std::max<std::size_t>(1, base::utf8_length(rest)));
    column += base::display_width(next);
    if (column > columns) return text.substr(0, end) + "…";
    end += next.size();
  }
}

}  // namespace ixian::plan
