// Between Python's values and ours. All of it needs the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "base/json.h"

namespace ixian::script {

// Strings pass through as bytes of the file system: UTF-8, any other byte as Python's surrogateescape has it.
std::string to_bytes(pybind11::handle text);
pybind11::str from_bytes(std::string_view bytes);

std::vector<std::string> to_strings(pybind11::handle sequence);
pybind11::list from_strings(const std::vector<std::string>& strings);

// dict (keys become strings), list, tuple, set (sorted), str, bytes (as text), bool, int, float, None;
// anything else is a Python TypeError that names the type. Nesting deeper than Python's own recursion limit
// is a RecursionError.
base::Json to_json(pybind11::handle value);
pybind11::object from_json(const base::Json& value);

}  // namespace ixian::script
