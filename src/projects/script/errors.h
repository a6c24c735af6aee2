// Python's exceptions as our errors, and ours as Python's.
#pragma once

#include <pybind11/pybind11.h>

#include "base/error.h"
#include "script/interrupt.h"

namespace ixian::script {

// Thrown for an AlreadyComplete or a sys.exit(0) that comes out of Python: there was nothing (more) to do.
struct Complete {};

// Throws what the exception means to the rest of the program: base::Cancelled, Complete, or a base::Error
// with the user's part of the traceback. Needs the GIL.
[[noreturn]] void rethrow(pybind11::error_already_set& exception);

// Takes the GIL, calls, and translates what Python throws. For every call from the program into Python.
template <typename Body>
auto call_python(Body body) {
  InterruptibleScope interruptible;
  pybind11::gil_scoped_acquire gil;
  try {
    return body();
  } catch (pybind11::error_already_set& exception) {
    rethrow(exception);
  } catch (const pybind11::builtin_exception& exception) {
    exception.set_error();
    pybind11::error_already_set raised;
    rethrow(raised);
  }
}

// From now on a base::Error in native code becomes an ExecuteFailed, and base::Cancelled a KeyboardInterrupt.
void register_translator();

}  // namespace ixian::script
