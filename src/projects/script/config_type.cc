// The base of the project's configuration classes. Reading an attribute renders the text in it, {NAME} by
// {NAME}; that is done at each read rather than once, as a value may be overridden later. It is C++ because a
// project reads its configuration all the time.
//
// A name is looked up from the root first and then in the configuration that the text stands in. A variable's
// name starts with a capital; only these are watched for rings, which are found by the list of what this
// thread is reading.
#include "script/config_type.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "config/interpolate.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

// The values that this thread is reading just now, outermost first: where one of them is read again, there is
// a ring.
struct Reading {
  PyObject* owner;
  std::string name;
};
thread_local std::vector<Reading> readings;

class ReadingScope {
 public:
  ReadingScope(PyObject* owner, std::string_view name) { readings.push_back({owner, std::string(name)}); }
  ~ReadingScope() { readings.pop_back(); }
};

py::object generic_attribute(py::handle object, py::handle name) {
  PyObject* value = PyObject_GenericGetAttr(object.ptr(), name.ptr());
  if (value == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(value);
}

py::object parent_of(py::handle config) {
  return generic_attribute(config, py::str("root"));
}

py::object root_of(py::object config) {
  for (py::object parent = parent_of(config); !parent.is_none(); parent = parent_of(config)) config = parent;
  return config;
}

// "DOCKER.IMAGE" for IMAGE read from CONFIG.DOCKER.
std::string path_of(py::object config, const std::string& name) {
  std::string path = name;
  while (!parent_of(config).is_none()) {
    py::object own = py::getattr(config, "__dict__").attr("get")("_name", "");
    if (const std::string part = py::str(own); !part.empty()) path = part + "." + path;
    config = parent_of(config);
  }
  return path;
}

[[noreturn]] void throw_ring(std::size_t start) {
  py::list ring;
  for (std::size_t i = start; i < readings.size(); ++i) {
    ring.append(path_of(py::reinterpret_borrow<py::object>(readings[i].owner), readings[i].name));
  }
  ring.append(ring[0]);
  py::object type = py::module_::import("ixian.config").attr("ConfigurationCycle");
  py::object exception = type(ring);
  PyErr_SetObject(type.ptr(), exception.ptr());
  throw py::error_already_set();
}

// `cause` is kept where it comes from inside a property: then it, not the configuration, is what the user
// must see.
[[noreturn]] void throw_missing(std::string_view variable, const std::string& parent, const py::str& text,
                                const py::error_already_set& cause) {
  py::object type = py::module_::import("ixian.config").attr("MissingConfiguration");
  py::object exception =
      type(from_bytes(variable), parent.empty() ? py::object(py::none()) : from_bytes(parent));
  exception.attr("rendering") = text;
  if (cause.trace()) {
    PyException_SetTraceback(cause.value().ptr(), cause.trace().ptr());
    PyException_SetCause(exception.ptr(), cause.value().inc_ref().ptr());
  }
  PyErr_SetObject(type.ptr(), exception.ptr());
  throw py::error_already_set();
}

// One rendering: where names are looked up, and what to say when one is missing.
struct Rendering {
  py::object config;
  py::dict names;
  std::string parent;
  py::str text;

  std::string look_up(std::string_view variable) const {
    const auto parts = base::split(variable, '.');
    const py::str first = from_bytes(parts[0]);
    py::object value;
    try {
      value = find_first(first);
      for (std::size_t i = 1; i < parts.size(); ++i) value = py::getattr(value, from_bytes(parts[i]));
    } catch (py::error_already_set& error) {
      if (!error.matches(PyExc_AttributeError)) throw;
      throw_missing(variable, parent, text, error);
    }
    return to_bytes(py::str(value));
  }

  py::object find_first(const py::str& name) const {
    if (names.contains(name)) return names[name];
    const py::object root = root_of(config);
    try {
      return py::getattr(root, name);
    } catch (py::error_already_set& error) {
      // An AttributeError has a traceback only if Python code ran: then the name is there, and its property
      // is wrong.
      const bool from_inside_a_property = static_cast<bool>(error.trace());
      if (root.is(config) || !error.matches(PyExc_AttributeError) || from_inside_a_property) throw;
    }
    return py::getattr(config, name);
  }
};

py::str render(Rendering rendering) {
  const std::string text = to_bytes(rendering.text);
  if (!config::needs_rendering(text)) return rendering.text;
  return from_bytes(
      config::render(text, [&](std::string_view variable) { return rendering.look_up(variable); }));
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name[0] >= 'A' && name[0] <= 'Z';
}

// Names that mean the object itself, not a value in it.
bool is_reserved(std::string_view name) {
  return name.starts_with("_") || name == "root" || name == "reserved" || name == "children";
}

py::object read_value(py::object config, const std::string& name, py::handle attribute) {
  py::object value = generic_attribute(config, attribute);
  if (!PyUnicode_CheckExact(value.ptr()) || is_reserved(name)) return value;
  // Before anything is copied: nearly all values have no braces.
  if (PyUnicode_FindChar(value.ptr(), '{', 0, PyUnicode_GET_LENGTH(value.ptr()), 1) < 0 &&
      PyUnicode_FindChar(value.ptr(), '}', 0, PyUnicode_GET_LENGTH(value.ptr()), 1) < 0) {
    return value;
  }
  return render({config, py::dict(), path_of(config, name), py::reinterpret_borrow<py::str>(value)});
}

PyObject* get_attribute(PyObject* self, PyObject* attribute) {
  Py_ssize_t size = 0;
  const char* utf8 = PyUnicode_AsUTF8AndSize(attribute, &size);
  if (utf8 == nullptr) return nullptr;
  const std::string name(utf8, static_cast<std::size_t>(size));
  try {
    py::object config = py::reinterpret_borrow<py::object>(self);
    if (!is_variable_name(name)) return read_value(config, name, attribute).release().ptr();
    for (std::size_t i = 0; i < readings.size(); ++i) {
      if (readings[i].owner == self && readings[i].name == name) throw_ring(i);
    }
    ReadingScope scope(self, name);
    return read_value(config, name, attribute).release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
    return nullptr;
  }
}

}  // namespace

py::object make_config_base() {
  PyType_Slot slots[] = {{Py_tp_getattro, reinterpret_cast<void*>(get_attribute)}, {0, nullptr}};
  PyType_Spec spec = {"_ixian.ConfigBase", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  PyObject* type = PyType_FromSpec(&spec);
  if (type == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(type);
}

py::str render_config(py::object config, py::object key, py::str text, py::dict names) {
  const std::string parent = key.is_none() ? "" : to_bytes(py::str(key));
  return render({std::move(config), std::move(names), parent, std::move(text)});
}

}  // namespace ixian::script
