// Configuration as a project writes it, in Python.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pybind11/embed.h>

#include "script/errors.h"
#include "script/interpreter.h"
#include "script/values.h"

namespace ixian::script {
namespace {

namespace py = pybind11;

constexpr const char* kSetUp = R"(
from ixian.config import Config

class Root(Config):
    A = "a"
    B = "{A}/b"
    LOOP_1 = "{LOOP_2}"
    LOOP_2 = "{LOOP_1}"
    LIST = ["{A}"]
    BROKEN = "{NO.SUCH}"

    @property
    def LOOP_3(self):
        return self.LOOP_4

    @property
    def LOOP_4(self):
        return self.LOOP_3

    @property
    def CLUMSY(self):
        return self.there_is_no_such_attribute

class Child(Config):
    NAME = "child of {A}"
    OWN = "own"
    RELATIVE = "{OWN}!"
    VIA = "{CLUMSY}"

root = Root()
root.add("CHILD", Child)
)";

class ConfigTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!python_started()) start_python({});
    call_python([] { py::exec(kSetUp); });
  }

  static std::string value(const std::string& expression) {
    return call_python([&] { return to_bytes(py::str(py::eval(expression))); });
  }

  static base::Error failure(const std::string& expression) {
    try {
      value(expression);
    } catch (const base::Error& error) {
      return error;
    }
    return {base::ErrorCode::kTaskFailed, "nothing was thrown"};
  }
};

TEST_F(ConfigTest, RendersNestedValuesWhenTheyAreRead) {
  EXPECT_EQ(value("root.B"), "a/b");
  EXPECT_EQ(value("root.format('{B}:{CHILD.NAME}')"), "a/b:child of a");
}

TEST_F(ConfigTest, LooksAtTheRootFirstThenAtTheHolder) {
  EXPECT_EQ(value("root.CHILD.RELATIVE"), "own!");
  EXPECT_EQ(value("root.CHILD.NAME"), "child of a");
}

TEST_F(ConfigTest, LeavesAnythingButStringsAlone) {
  EXPECT_EQ(value("root.LIST"), "['{A}']");
}

TEST_F(ConfigTest, GivenNamesComeFirst) {
  EXPECT_EQ(value("root.format('{A}{extra.real}', A='x', extra=3)"), "x3");
}

TEST_F(ConfigTest, NamesTheMissingVariableAndTheValue) {
  EXPECT_EQ(failure("root.BROKEN").message(), "Missing config while rendering BROKEN: NO.SUCH");
  EXPECT_EQ(failure("root.format('{NO}')").message(), "Missing config: NO");
}

TEST_F(ConfigTest, ShowsTheRingOfStrings) {
  EXPECT_THAT(failure("root.LOOP_1").message(), ::testing::HasSubstr("LOOP_1 -> LOOP_2 -> LOOP_1"));
}

TEST_F(ConfigTest, ShowsTheRingOfProperties) {
  EXPECT_THAT(failure("root.LOOP_3").message(), ::testing::HasSubstr("LOOP_3 -> LOOP_4 -> LOOP_3"));
}

TEST_F(ConfigTest, KeepsTheReasonOfAPropertyThatFails) {
  EXPECT_THAT(failure("root.CHILD.VIA").context(), ::testing::HasSubstr("there_is_no_such_attribute"));
}

TEST_F(ConfigTest, RendersAnewAfterAnError) {
  failure("root.LOOP_1");
  EXPECT_EQ(value("root.B"), "a/b");
}

}  // namespace
}  // namespace ixian::script
