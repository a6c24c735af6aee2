// Libraries that are loaded when they are first needed.
#pragma once

#include <string>

namespace ixian::base {

// A shared library that is loaded when it is first used, for it takes milliseconds of each start of ix and
// most runs do not need it.
//
// Who uses one links a file that defines the library's functions under their own names, each by IXIAN_LATE;
// the library itself is not linked. Any thread may use it.
class DynamicLibrary {
 public:
  // `soname` is what the dynamic loader finds, `package` what a user installs if it does not, `need` begins
  // the sentence that says so: "HTTP needs".
  constexpr DynamicLibrary(const char* soname, const char* package, const char* need)
      : soname_(soname), package_(package), need_(need) {}

  // Never null. Throws Error (kUsage), which names the package, if the library or the function is not there.
  void* symbol(const char* name) const;

 private:
  const char* soname_;
  const char* package_;
  const char* need_;
};

}  // namespace ixian::base

// Within a function of the library of that name: `real` is the library's.
#define IXIAN_LATE(library, name) \
  static const auto real = reinterpret_cast<decltype(&(name))>((library).symbol(#name))

// A whole function of the library, which passes its arguments on: IXIAN_LATE_FUNCTION(kLibrary, int,
// close_it, (it* each), (each)).
// NOLINTBEGIN(bugprone-macro-parentheses): these arguments are lists with parentheses of their own.
#define IXIAN_LATE_FUNCTION(library, result, name, parameters, arguments) \
  result(name) parameters {                                               \
    IXIAN_LATE(library, name);                                            \
    return real arguments;                                                \
  }
// NOLINTEND(bugprone-macro-parentheses)
