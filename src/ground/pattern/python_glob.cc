// glob.glob walks the folders component by component, and so does the caller; here one component is matched
// with one name, with the rules that fnmatch does not have: names that are hidden, and brackets that are
// meant as they stand ("[id].js" is a usual name of a file).
#include "pattern/python_glob.h"

#include <algorithm>

namespace ixian::pattern {

bool has_python_wildcard(std::string_view pattern) {
  if (pattern.find_first_of("*?") != std::string_view::npos) return true;
  for (std::size_t at = pattern.find('['); at != std::string_view::npos; at = pattern.find('[', at + 1)) {
    const std::string_view component = pattern.substr(at, pattern.find('/', at) - at);
    // What ends it, as read_python_class() has it: not what is its first character.
    const std::size_t first = component.substr(1).starts_with('!') ? 2 : 1;
    if (component.find(']', first + 1) != std::string_view::npos) return true;
  }
  return false;
}

PythonGlob::PythonGlob(std::string_view component) : text_(component), glob_(component, kPython) {}

bool PythonGlob::matches(std::string_view name) const {
  if (text_ == name) return true;
  // ".git" only by its name: what lies in there changes without the sources' changing.
  if (name.starts_with('.') && (!text_.starts_with('.') || name == ".git")) return false;
  return glob_.matches(name);
}

}  // namespace ixian::pattern
