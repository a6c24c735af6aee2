#include "aws/ini_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(IniFileTest, SectionsHoldKeysInLowerCase) {
  const IniFile file = parse_ini("[default]\nRegion = eu-west-1\n\n[profile ci]\noutput=json\n", "config");
  EXPECT_EQ(file.at("default").text("region"), "eu-west-1");
  EXPECT_EQ(file.at("profile ci").text("output"), "json");
  EXPECT_EQ(file.at("profile ci").text("region"), "");
}

TEST(IniFileTest, CommentsAreWholeLinesAndValuesKeepTheirSigns) {
  const IniFile file =
      parse_ini("# one\n; two\n  # three\n[default]\nsecret = a=b#c ;d\nuri: http://x:1/\n", "config");
  EXPECT_EQ(file.at("default").text("secret"), "a=b#c ;d");
  EXPECT_EQ(file.at("default").text("uri"), "http://x:1/");
}

TEST(IniFileTest, WindowsLineEndsAndByteOrderMarksAreNoPartOfAValue) {
  EXPECT_EQ(parse_ini("\xef\xbb\xbf[default]\r\nkey = value\r\n", "config").at("default").text("key"),
            "value");
}

TEST(IniFileTest, NestedBlocksAreKeysWithADot) {
  const IniFile file =
      parse_ini("[services s]\necr =\n  endpoint_url = http://localhost:1\n  other=2\nsts =\n", "config");
  EXPECT_EQ(file.at("services s").text("ecr.endpoint_url"), "http://localhost:1");
  EXPECT_EQ(file.at("services s").text("ecr.other"), "2");
}

TEST(IniFileTest, IndentedLinesContinueAValue) {
  EXPECT_EQ(parse_ini("[a]\nkey = one\n  two\n", "config").at("a").text("key"), "one\ntwo");
}

TEST(IniFileTest, ASectionThatOccursTwiceIsJoined) {
  const IniFile file = parse_ini("[a]\nx = 1\ny = 1\n[b]\n[a]\ny = 2\n", "config");
  EXPECT_EQ(file.at("a").text("x") + file.at("a").text("y"), "12");
}

TEST(IniFileTest, AFaultNamesItsLineButNeverShowsIt) {
  for (const char* text :
       {"[default]\nkey = 1\nwJalrXUtnFEMI\n", "\n\nwJalrXUtnFEMI = x\n", "\n\n[ ]wJalrXUtnFEMI\n",
        "[default]\ns3 =\n  wJalrXUtnFEMI\n", "\n[default]\n= wJalrXUtnFEMI\n"}) {
    try {
      parse_ini(text, "~/.aws/credentials");
      ADD_FAILURE() << text;
    } catch (const base::Error& error) {
      EXPECT_THAT(error.message(), HasSubstr("line 3 of ~/.aws/credentials"));
      EXPECT_THAT(error.message() + error.context(), Not(HasSubstr("wJalr")));
    }
  }
}

}  // namespace
}  // namespace ixian::aws
