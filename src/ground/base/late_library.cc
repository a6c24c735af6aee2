#include "base/late_library.h"

#include <dlfcn.h>

#include "base/error.h"

namespace ixian::base {

void* DynamicLibrary::symbol(const char* name) const {
  // Loading again what is loaded gives the same handle.
  void* const library = ::dlopen(soname_, RTLD_NOW | RTLD_LOCAL);
  void* const symbol = library == nullptr ? nullptr : ::dlsym(library, name);
  if (symbol == nullptr) {
    const char* reason = ::dlerror();
    throw Error(ErrorCode::kUsage,
                std::string(need_) + " the library " + soname_ +
                    ", which cannot be loaded\nhint: install the package " + package_,
                reason == nullptr ? "" : reason);
  }
  return symbol;
}

}  // namespace ixian::base
