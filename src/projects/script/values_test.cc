#include "script/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pybind11/embed.h>

#include "script/errors.h"
#include "script/interpreter.h"

namespace ixian::script {
namespace {

namespace py = pybind11;

class PythonTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!python_started()) start_python({});
  }

  // The value of a Python expression as JSON.
  static base::Json evaluate(const std::string& expression) {
    return call_python([&] { return to_json(py::eval(expression)); });
  }

  static std::string failure_of(const std::string& expression) {
    try {
      evaluate(expression);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "";
  }
};

TEST_F(PythonTest, ValuesBecomeJson) {
  EXPECT_EQ(evaluate("{'a': [1, 2.5, None, True], 'b': ('x',)}"),
            base::Json::parse(R"({"a": [1, 2.5, null, true], "b": ["x"]})"));
}

TEST_F(PythonTest, SetsAreSortedSoThatTheyHashAlike) {
  EXPECT_EQ(evaluate("{'c', 'a', 'b'}"), base::Json::parse(R"(["a", "b", "c"])"));
}

TEST_F(PythonTest, KeysBecomeStrings) {
  EXPECT_EQ(evaluate("{1: 'a', None: 'b'}"), base::Json::parse(R"({"1": "a", "None": "b"})"));
}

TEST_F(PythonTest, HugeIntegersKeepTheirDigits) {
  EXPECT_EQ(evaluate("2 ** 70"), base::Json("1180591620717411303424"));
}

TEST_F(PythonTest, BytesThatAreNotUtf8StayTellableApart) {
  EXPECT_NE(evaluate(R"(b'\xff'.decode('utf-8', 'surrogateescape'))"),
            evaluate(R"(b'\xfe'.decode('utf-8', 'surrogateescape'))"));
}

TEST_F(PythonTest, WhatJsonCannotHoldIsNamed) {
  EXPECT_THAT(failure_of("[object()]"), ::testing::HasSubstr("object is not JSON serializable"));
}

TEST_F(PythonTest, EndlessNestingIsAnError) {
  EXPECT_THAT(failure_of("(lambda l: (l.append(l), l)[1])([])"), ::testing::HasSubstr("ecursion"));
}

TEST_F(PythonTest, JsonComesBackAsItWent) {
  const auto json = base::Json::parse(R"({"a": [1, -2, 2.5, null, true, "ü"], "b": {"c": {}}})");
  EXPECT_EQ(call_python([&] { return to_json(from_json(json)); }), json);
}

TEST_F(PythonTest, BytesPassThroughStrings) {
  const std::string bytes = "a\xff\xc3\xa9";
  EXPECT_EQ(call_python([&] { return to_bytes(from_bytes(bytes)); }), bytes);
}

}  // namespace
}  // namespace ixian::script
