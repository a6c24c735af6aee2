#include "config/interpolate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace ixian::config {
namespace {

std::string render_with(std::string_view text, const std::map<std::string, std::string>& values) {
  return render(text, [&](std::string_view name) { return values.at(std::string(name)); });
}

TEST(Interpolate, ReplacesEachVariableWhereItStands) {
  EXPECT_EQ(render_with("{A}/{B.C}:{A}", {{"A", "1"}, {"B.C", "2"}}), "1/2:1");
}

TEST(Interpolate, DoesNotLookIntoValues) {
  EXPECT_EQ(render_with("{A}", {{"A", "{B}"}}), "{B}");
}

TEST(Interpolate, DoubledBracesAreBraces) {
  EXPECT_EQ(render_with("{{\"key\": \"{A}\"}}", {{"A", "1"}}), "{\"key\": \"1\"}");
  EXPECT_EQ(render_with("{{A}}", {}), "{A}");
}

TEST(Interpolate, LeavesJsonAndShellTextAlone) {
  EXPECT_EQ(render_with("{\"a\": {\"b\": 1}}", {}), "{\"a\": {\"b\": 1}}");
  EXPECT_EQ(render_with("${HOME:-x} {A} }", {{"A", "1"}}), "${HOME:-x} 1 }");
  EXPECT_EQ(render_with("{}", {}), "{}");
  EXPECT_EQ(render_with("{", {}), "{");
}

TEST(Interpolate, LeavesGoTemplatesAlone) {
  EXPECT_EQ(render_with("ps --format {{.ID}}:{{.Names}} {A}", {{"A", "1"}}),
            "ps --format {{.ID}}:{{.Names}} 1");
}

TEST(Interpolate, LetsWhatTheLookupThrowsPass) {
  EXPECT_THROW(render_with("x {MISSING}", {}), std::out_of_range);
}

TEST(Interpolate, ListsVariablesOnceInOrder) {
  EXPECT_THAT(variables("{B}{A.X}{B} {{C}} {not one}"), ::testing::ElementsAre("B", "A.X", "C"));
  EXPECT_THAT(variables("{B}{{C}}"), ::testing::ElementsAre("B"));
}

}  // namespace
}  // namespace ixian::config
