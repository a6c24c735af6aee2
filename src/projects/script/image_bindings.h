// Images between Python and the rest of the program: what a class declares, and what Python code may ask.
#pragma once

#include <pybind11/pybind11.h>

#include "task/stage_declaration.h"

namespace ixian::script {

// A declaration as ixian_docker._stages makes it. Relative paths are the project's. Throws
// base::Error{kProject} for a repository that is none. Needs the GIL.
task::StageDeclaration to_image_stage(pybind11::handle declaration);

// Adds the functions behind ixian_docker's images to `_ixian`: one for each of ImageHooks.
void add_image_functions(pybind11::module_& module);

}  // namespace ixian::script
