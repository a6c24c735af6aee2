// Which context a word means.
#include "build_context/context_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::build_context {
namespace {

using Kind = ContextSource::Kind;
using ::testing::HasSubstr;

class ContextSourceTest : public ::testing::Test {
 protected:
  ContextSource parse(const std::string& text) const {
    return parse_context_source(text, "build context", folder_.path());
  }
  std::string refusal(const std::string& text) const {
    try {
      parse(text);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
      return error.message();
    }
    return "";
  }

  const ixian::testing::TempFolder folder_;
};

TEST_F(ContextSourceTest, WhatIsThereComesBeforeWhatItIsCalled) {
  EXPECT_EQ(parse("-").kind, Kind::kStandardInput);
  EXPECT_EQ(parse(".").path, std::string(folder_.path()));
  std::filesystem::create_directories(folder_ / "x.git");
  std::ofstream(folder_ / "context.tar") << "x";
  EXPECT_EQ(parse("x.git").kind, Kind::kDirectory);
  EXPECT_EQ(parse("context.tar").kind, Kind::kArchive);
  EXPECT_EQ(parse("http://host/x.tar.gz").kind, Kind::kUrl);
}

TEST_F(ContextSourceTest, GitHasManySpellings) {
  const struct {
    const char* text;
    const char* remote;
    const char* ref;
    const char* subdir;
  } cases[] = {
      {"https://host/a/b.git", "https://host/a/b.git", "", ""},
      {"https://host/a/b.git#v1:docs/x", "https://host/a/b.git", "v1", "docs/x"},
      {"https://host/a/b.git#:../docs", "https://host/a/b.git", "", "docs"},
      {"https://host/a/b.git?branch=main&subdir=docs", "https://host/a/b.git", "refs/heads/main", "docs"},
      {"git://host/b#v1", "git://host/b", "v1", ""},
      {"ssh://git@host:2222/b?tag=v1", "ssh://git@host:2222/b", "refs/tags/v1", ""},
      {"git@host:a/b.git#v1", "git@host:a/b.git", "v1", ""},
      {"github.com/a/b", "https://github.com/a/b.git", "", ""},
      {"github.com/a/b.git#v1:docs", "https://github.com/a/b.git", "v1", "docs"},
      {"github.com/a/b/?tag=v1", "https://github.com/a/b.git", "refs/tags/v1", ""},
  };
  for (const auto& each : cases) {
    const ContextSource source = parse(each.text);
    ASSERT_EQ(source.kind, Kind::kGit) << each.text;
    EXPECT_EQ(source.remote->git->remote, each.remote) << each.text;
    EXPECT_EQ(source.remote->git->ref, each.ref) << each.text;
    EXPECT_EQ(source.remote->git->subdir, each.subdir) << each.text;
  }
  EXPECT_FALSE(parse("https://host/b.git?submodules=false").remote->submodules);
}

TEST_F(ContextSourceTest, ALoginIsNotShown) {
  EXPECT_THAT(parse("https://me:geheim@host/b.git").shown, ::testing::Not(HasSubstr("geheim")));
}

TEST_F(ContextSourceTest, WhatIsNoneSaysWhatMayBe) {
  std::filesystem::create_directories(folder_ / "source");
  EXPECT_THAT(refusal("sourec"), HasSubstr("build context not found: sourec (did you mean source?)"));
  EXPECT_THAT(refusal(""), HasSubstr("expected a directory"));
  EXPECT_THAT(refusal("htps://host/x.git"),
              HasSubstr("expected: http, https, git, ssh) (did you mean https?)"));
  EXPECT_THAT(refusal("https://host/b.git?brnch=x"), HasSubstr("brnch"));
  EXPECT_THAT(refusal("https://host/b.git?tag=a&branch=b"), HasSubstr("tag"));
}

}  // namespace
}  // namespace ixian::build_context
