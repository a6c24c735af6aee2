#include "base/late_library.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::base {
namespace {

std::string message_of(const DynamicLibrary& library, const char* name) {
  try {
    library.symbol(name);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "";
}

TEST(DynamicLibrary, FindsAFunction) {
  constexpr DynamicLibrary library("libm.so.6", "libc6", "This test needs");
  const auto real = reinterpret_cast<double (*)(double)>(library.symbol("floor"));
  EXPECT_EQ(real(2.5), 2.0);
}

TEST(DynamicLibrary, SaysWhatToInstall) {
  constexpr DynamicLibrary library("libabsent.so.9", "libabsent9", "Divination needs");
  EXPECT_EQ(message_of(library, "divine"),
            "Divination needs the library libabsent.so.9, which cannot be loaded");
}

TEST(DynamicLibrary, AFunctionThatIsNotThereIsAnErrorToo) {
  constexpr DynamicLibrary library("libm.so.6", "libc6", "This test needs");
  EXPECT_NE(message_of(library, "no_such_function"), "");
}

}  // namespace
}  // namespace ixian::base
