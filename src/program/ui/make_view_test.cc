#include "ui/make_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "ui/fake_terminal.h"

namespace ixian::ui {
namespace {

ViewKind automatic(bool terminal, Verbosity threshold, std::map<std::string, std::string> variables) {
  return resolve(ViewKind::kAuto, threshold, terminal,
                 [&](const char* name) -> std::string_view { return variables[name]; });
}

TEST(ParseViewKind, TakesTheNamesOfTheCommandLine) {
  EXPECT_EQ(parse_view_kind("auto"), ViewKind::kAuto);
  EXPECT_EQ(parse_view_kind("tty"), ViewKind::kTty);
  EXPECT_EQ(parse_view_kind("plain"), ViewKind::kPlain);
  EXPECT_EQ(parse_view_kind("json"), ViewKind::kJson);
  EXPECT_EQ(parse_view_kind("quiet"), ViewKind::kQuiet);
  EXPECT_EQ(parse_view_kind("fancy"), std::nullopt);
}

TEST(ResolveView, IsForAPersonOnATerminal) {
  EXPECT_EQ(automatic(true, Verbosity::kInfo, {{"TERM", "xterm"}}), ViewKind::kTty);
}

TEST(ResolveView, IsPlainInAPipeInCiAndOnADumbTerminal) {
  EXPECT_EQ(automatic(false, Verbosity::kInfo, {{"TERM", "xterm"}}), ViewKind::kPlain);
  EXPECT_EQ(automatic(true, Verbosity::kInfo, {{"TERM", "xterm"}, {"CI", "true"}}), ViewKind::kPlain);
  EXPECT_EQ(automatic(true, Verbosity::kInfo, {{"TERM", "dumb"}}), ViewKind::kPlain);
}

TEST(ResolveView, IsPlainWhereOnlyErrorsAreTold) {
  EXPECT_EQ(automatic(true, Verbosity::kError, {{"TERM", "xterm"}}), ViewKind::kPlain);
}

TEST(MakeView, QuietTellsErrorsOnly) {
  FakeTerminal terminal(80, 24);
  const auto view = make_view(ViewKind::kQuiet, Verbosity::kDebug, terminal.fd());
  view->log(base::kNoActivity, base::LogLevel::kWarning, "hm");
  view->end(view->begin({"a", "why"}), base::ActivityStatus::kDone, "");
  EXPECT_THAT(terminal.receive(), ::testing::IsEmpty());
}

TEST(MakeView, MakesTheKindThatIsAskedFor) {
  FakeTerminal terminal(80, 24);
  make_view(ViewKind::kJson, Verbosity::kInfo, terminal.fd())->begin({"a", "why"});
  EXPECT_TRUE(terminal.receive().at(0).starts_with("{"));
  make_view(ViewKind::kAuto, Verbosity::kInfo, terminal.fd())->begin({"a", "why"});
  EXPECT_EQ(terminal.receive().at(0).back(), '\n');
  make_view(ViewKind::kTty, Verbosity::kInfo, terminal.fd())
      ->log(base::kNoActivity, base::LogLevel::kInfo, "news");
  EXPECT_EQ(terminal.receive().at(0), "news\r\n");
}

}  // namespace
}  // namespace ixian::ui
