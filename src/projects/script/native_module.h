// `_ixian`: the native half of the `ixian` package.
#pragma once

namespace ixian::script {

// Adds `_ixian` to the modules that Python knows. Before the interpreter starts.
void register_native_module();

}  // namespace ixian::script
