// Text is bytes on our side, as the system has them, and str with surrogate escapes in Python; both ways are
// lossless. JSON is UTF-8, so what is not goes into it escaped. A state is compared and hashed, so equal
// values must give equal JSON: sets are sorted.
#include "script/values.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "base/utf8.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

// Text for JSON has to be UTF-8; what is not stays tellable apart.
std::string to_json_text(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t length = base::utf8_length(rest);
    if (length == 0) return base::printable_path(bytes);
    rest.remove_prefix(length);
  }
  return bytes;
}

std::string key_text(py::handle key) {
  return to_json_text(PyUnicode_Check(key.ptr()) ? to_bytes(key) : to_bytes(py::str(key)));
}

base::Json integer(py::handle value) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (overflow == 0) return number;
  // JSON's readers have no numbers of this size.
  return py::str(value).cast<std::string>();
}

class RecursionGuard {
 public:
  RecursionGuard() {
    if (Py_EnterRecursiveCall(" while converting a value to JSON") != 0) throw py::error_already_set();
  }
  ~RecursionGuard() { Py_LeaveRecursiveCall(); }
};

base::Json sequence(py::handle value) {
  RecursionGuard guard;
  base::Json list = base::Json::array();
  for (py::handle item : value) list.push_back(to_json(item));
  return list;
}

base::Json mapping(py::handle value) {
  RecursionGuard guard;
  base::Json object = base::Json::object();
  for (auto item : py::reinterpret_borrow<py::dict>(value))
    object[key_text(item.first)] = to_json(item.second);
  return object;
}

}  // namespace

std::string to_bytes(py::handle text) {
  if (PyBytes_Check(text.ptr())) return py::reinterpret_borrow<py::bytes>(text);
  py::object encoded = py::reinterpret_steal<py::object>(PyUnicode_EncodeFSDefault(text.ptr()));
  if (!encoded) throw py::error_already_set();
  return py::reinterpret_borrow<py::bytes>(encoded);
}

py::str from_bytes(std::string_view bytes) {
  PyObject* text = PyUnicode_DecodeFSDefaultAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

std::vector<std::string> to_strings(py::handle sequence_) {
  std::vector<std::string> strings;
  for (py::handle item : sequence_) {
    strings.push_back(PyUnicode_Check(item.ptr()) ? to_bytes(item) : to_bytes(py::str(item)));
  }
  return strings;
}

py::list from_strings(const std::vector<std::string>& strings) {
  py::list list;
  for (const auto& each : strings) list.append(from_bytes(each));
  return list;
}

base::Json to_json(py::handle value) {
  PyObject* object = value.ptr();
  if (object == Py_None) return nullptr;
  if (PyBool_Check(object)) return object == Py_True;
  if (PyLong_Check(object)) return integer(value);
  if (PyFloat_Check(object)) return PyFloat_AsDouble(object);
  if (PyUnicode_Check(object) || PyBytes_Check(object)) return to_json_text(to_bytes(value));
  if (PyDict_Check(object)) return mapping(value);
  if (PyList_Check(object) || PyTuple_Check(object)) return sequence(value);
  if (PyAnySet_Check(object)) {
    base::Json list = sequence(value);
    std::sort(list.begin(), list.end());
    return list;
  }
  throw py::type_error("Object of type " + std::string(Py_TYPE(object)->tp_name) +
                       " is not JSON serializable");
}

py::object from_json(const base::Json& value) {
  switch (value.type()) {
    case base::Json::value_t::boolean:
      return py::bool_(value.get<bool>());
    case base::Json::value_t::number_integer:
      return py::int_(value.get<std::int64_t>());
    case base::Json::value_t::number_unsigned:
      return py::int_(value.get<std::uint64_t>());
    case base::Json::value_t::number_float:
      return py::float_(value.get<double>());
    case base::Json::value_t::string:
      return from_bytes(value.get_ref<const std::string&>());
    case base::Json::value_t::array: {
      py::list list;
      for (const auto& item : value) list.append(from_json(item));
      return list;
    }
    case base::Json::value_t::object: {
      py::dict dict;
      for (const auto& [key, item] : value.items()) dict[from_bytes(key)] = from_json(item);
      return dict;
    }
    default:
      return py::none();
  }
}

}  // namespace ixian::script
