// A checker that a project wrote or made, as the program sees it.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "task/checker.h"

namespace ixian::script {

// Takes the GIL where it needs it; may be destroyed without it. A FileHash is answered without Python.
std::shared_ptr<task::Checker> make_checker(pybind11::object checker);

}  // namespace ixian::script
