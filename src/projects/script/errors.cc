// Exceptions cross between two languages, in both directions, often several times on one way: a task calls a
// task that runs a program. So an Error takes its code and context along through Python as attributes, and
// comes out as it went in. What an exception means to a user is said by Python (ixian._errors), which knows
// its class, source line and cause.
#include "script/errors.h"

#include "process/subprocess.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

void raise_execute_failed(const char* type_name, const base::Error& error) {
  try {
    py::object type = py::module_::import("ixian.exceptions").attr(type_name);
    py::object exception = type(from_bytes(error.message()));
    exception.attr("ixian_code") = static_cast<int>(error.code());
    exception.attr("ixian_context") = from_bytes(error.context());
    PyErr_SetObject(type.ptr(), exception.ptr());
  } catch (py::error_already_set& failure) {
    failure.restore();
  }
}

base::ErrorCode code_of(const std::string& kind) {
  if (kind == "usage") return base::ErrorCode::kUsage;
  if (kind == "project") return base::ErrorCode::kProject;
  if (kind == "registry") return base::ErrorCode::kRegistry;
  return base::ErrorCode::kTaskFailed;
}

}  // namespace

void rethrow(py::error_already_set& exception) {
  std::string kind;
  std::string message;
  std::string context;
  int exit_code = 0;
  try {
    if (exception.trace()) PyException_SetTraceback(exception.value().ptr(), exception.trace().ptr());
    const py::module_ errors = py::module_::import("ixian._errors");
    const py::tuple described = errors.attr("describe")(exception.value());
    kind = to_bytes(described[0]);
    message = to_bytes(described[1]);
    context = to_bytes(described[2]);
    exit_code = errors.attr("exit_code")(exception.value()).cast<int>();
  } catch (py::error_already_set&) {
    // The project's own __str__ may fail.
    throw base::Error(base::ErrorCode::kTaskFailed, exception.what());
  }
  if (kind == "interrupted") throw base::Cancelled();
  if (kind == "complete") throw Complete();
  if (exit_code > 0 && exit_code < 256) throw base::Error::of_program(exit_code, message);
  throw base::Error(code_of(kind), message, context);
}

void register_translator() {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const process::LaunchError& error) {
      raise_execute_failed(error.not_found ? "CommandNotFound" : "ExecuteFailed", error);
    } catch (const base::Error& error) {
      raise_execute_failed("ExecuteFailed", error);
    } catch (const base::Cancelled&) {
      PyErr_SetNone(PyExc_KeyboardInterrupt);
    } catch (const Complete&) {
      PyErr_SetNone(py::module_::import("ixian.exceptions").attr("AlreadyComplete").ptr());
    }
  });
}

}  // namespace ixian::script
