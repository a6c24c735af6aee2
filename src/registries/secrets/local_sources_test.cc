#include "secrets/local_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>

#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::secrets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class LocalSourcesTest : public ::testing::Test {
 protected:
  aws::Environment environment() {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            folder.path()};
  }
  base::Error error_of(const std::function<void()>& load) {
    try {
      load();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
      return error;
    }
    ADD_FAILURE() << "it was loaded";
    return {base::ErrorCode::kUsage, ""};
  }
  std::string file(const std::string& path) { return load_from_file(path, environment()).reveal(); }
  std::string file_error(const std::string& path) {
    const base::Error error = error_of([&] { file(path); });
    return error.advised();
  }
  std::string command(const std::string& text) { return load_from_command(text, cancellation).reveal(); }
  base::Error command_error(const std::string& text) {
    return error_of([&] { command(text); });
  }

  const ixian::testing::TempFolder folder;
  std::map<std::string, std::string> variables;
  base::Cancellation cancellation;
};

TEST_F(LocalSourcesTest, AVariableIsTakenAsItIs) {
  variables["A"] = " x\n";
  EXPECT_EQ(load_from_environment("A", environment()).reveal(), " x\n");
}

TEST_F(LocalSourcesTest, AVariableThatIsMissingOrEmptyIsAnErrorThatSaysWhich) {
  variables["EMPTY"] = "";
  EXPECT_THAT(error_of([&] { load_from_environment("NONE", environment()); }).message(),
              HasSubstr("NONE is not set"));
  EXPECT_THAT(error_of([&] { load_from_environment("EMPTY", environment()); }).message(),
              HasSubstr("EMPTY is empty"));
}

TEST_F(LocalSourcesTest, AFileLosesOneNewlineAtItsEndAndNothingElse) {
  EXPECT_EQ(file(folder.write("a", " x \n")), " x ");
  EXPECT_EQ(file(folder.write("b", "x\n\n")), "x\n");
  EXPECT_EQ(file(folder.write("c", "x")), "x");
  EXPECT_EQ(file(folder.write("d", std::string("\0\xff", 2))), std::string("\0\xff", 2));
}

TEST_F(LocalSourcesTest, FilesAreFoundAtHomeAndFromTheCurrentFolder) {
  folder.write("secret", "x\n");
  EXPECT_EQ(file("~/secret"), "x");
  char before[4096];
  ASSERT_NE(::getcwd(before, sizeof(before)), nullptr);
  ASSERT_EQ(::chdir(folder.path().c_str()), 0);
  EXPECT_EQ(file("secret"), "x");
  ASSERT_EQ(::chdir(before), 0);
}

TEST_F(LocalSourcesTest, AFileThatEverybodyMayReadIsNoError) {
  const std::string path = folder.write("open", "x");
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(file(path), "x");
}

TEST_F(LocalSourcesTest, FilesThatCannotBeASecretAreErrorsThatNameThem) {
  EXPECT_THAT(file_error(folder / "none"), AllOf(HasSubstr(folder / "none"), HasSubstr("does not exist")));
  EXPECT_THAT(file_error(folder.path()), HasSubstr("is a directory"));
  EXPECT_THAT(file_error(folder.write("empty", "")), HasSubstr("is empty"));
  EXPECT_THAT(file_error(folder.write("newline", "\n")), HasSubstr("is empty"));
  EXPECT_THAT(file_error("/dev/zero"), HasSubstr("larger than"));
}

TEST_F(LocalSourcesTest, ACommandIsAShellsAndLosesOneNewline) {
  EXPECT_EQ(command("printf 'a b\\n\\n' | tr a x; :"), "x b\n");
  EXPECT_EQ(command("echo 'one  two' >&2; printf x"), "x");
}

TEST_F(LocalSourcesTest, AFailingCommandIsAnErrorWithItsCodeAndItsComplaint) {
  const base::Error error = command_error("echo canary-output; echo 'locked: canary-output' >&2; exit 3");
  EXPECT_THAT(error.message(), HasSubstr("exit code: 3"));
  EXPECT_THAT(error.context(), HasSubstr("locked"));
  EXPECT_THAT(error.message(), Not(HasSubstr("canary")));
}

TEST_F(LocalSourcesTest, WhatACommandPrintedBeforeItFailedIsNotShown) {
  const base::Error error = command_error("printf canary; echo it was canary >&2; exit 1");
  EXPECT_THAT(error.context(), ::testing::StartsWith("it was ***"));
}

TEST_F(LocalSourcesTest, AMissingProgramIsSaidToBeMissing) {
  EXPECT_THAT(command_error("no-such-program read x").context(), HasSubstr("check that it is installed"));
}

TEST_F(LocalSourcesTest, ACommandThatPrintsNothingOrIsKilledIsAnError) {
  EXPECT_THAT(command_error("true").message(), HasSubstr("printed nothing"));
  EXPECT_THAT(command_error("echo").message(), HasSubstr("printed nothing"));
  EXPECT_THAT(command_error("kill -9 $$").message(), HasSubstr("signal 9"));
}

TEST_F(LocalSourcesTest, StoppingIsNoError) {
  cancellation.request();
  EXPECT_THROW(command("echo x"), base::Cancelled);
}

}  // namespace
}  // namespace ixian::secrets
