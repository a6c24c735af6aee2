// `{A.B}` in a configuration string.
//
// A variable is letters, digits, underscores and dots between braces; its value stands in its place. Where
// all other braces of the text are doubled, `{{` and `}}` mean the braces themselves, as in Python's
// str.format. Text in which a single brace stands for itself (JSON, shell) needs no escaping: there only the
// variables are replaced. `{{.Name}}` (Go templates) is always left alone.
//
// The front door of this room: a text and a Lookup of its variables come in, the text with their values goes
// out. With overrides.h that is the language in which a project's configuration is written, without Python.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::config {

// The value of a variable as text. Throws what it likes where there is none; it passes through render().
using Lookup = std::function<std::string(std::string_view variable)>;

// `text` with each variable replaced. A value is not looked at again: nesting is for the lookup to do,
// lazily.
std::string render(std::string_view text, const Lookup& lookup);

// The variables of `text` in the order of their first appearance.
std::vector<std::string> variables(std::string_view text);

// False: render() would return `text` unchanged. Cheap.
bool needs_rendering(std::string_view text);

}  // namespace ixian::config
