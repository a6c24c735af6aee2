// Sources of ADD, and what pins them.
#include "stages/add_source.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/url_login.h"
#include "stages/remote_source.h"

namespace ixian::stages {
namespace {

TEST(AddSource, FilesUrlsAndRepositories) {
  EXPECT_EQ(classify_source("a/b"), AddSource(ContextPath{"a/b"}));
  EXPECT_EQ(classify_source("./git@x:y"), AddSource(ContextPath{"./git@x:y"}));
  EXPECT_EQ(classify_source("github.com/a/b"), AddSource(ContextPath{"github.com/a/b"}));
  EXPECT_EQ(classify_source("https://x/a/b%20c.tgz?q=1#f"),
            AddSource(UrlSource{"https://x/a/b%20c.tgz?q=1#f", "b c.tgz"}));
  EXPECT_EQ(classify_source("http://x"), AddSource(UrlSource{"http://x", "__unnamed__"}));
  EXPECT_EQ(std::get<UrlSource>(classify_source("http://x/a/..")).file_name, "__unnamed__");
  EXPECT_EQ(std::get<UrlSource>(classify_source("http://x/a%2f..%2fb")).file_name, "b");
}

TEST(AddSource, RepositoriesHaveRefsAndFolders) {
  const auto git = [](const char* text) { return std::get<GitSource>(classify_source(text)); };
  EXPECT_EQ(git("https://x/a.git").remote, "https://x/a.git");
  EXPECT_EQ(git("https://x/a.git#v1:sub/../dir").ref, "v1");
  EXPECT_EQ(git("https://x/a.git#v1:sub/../dir").subdir, "dir");
  EXPECT_EQ(git("git@x.org:a/b.git#main").remote, "git@x.org:a/b.git");
  EXPECT_EQ(git("ssh://git@x/a").remote, "ssh://git@x/a");
  EXPECT_EQ(git("git://x/a?branch=b").ref, "refs/heads/b");
  EXPECT_EQ(git("https://x/a.git?tag=t&subdir=/s/").ref, "refs/tags/t");
  EXPECT_EQ(git("https://x/a.git?tag=t&subdir=/s/").subdir, "s");
  const GitSource all = git("https://x/a.git?ref=r&commit=abc&keep-git-dir&submodules=false&mtime=commit");
  EXPECT_EQ(all.checksum, "abc");
  EXPECT_EQ(all.keep_git_dir, true);
  EXPECT_EQ(all.submodules, false);
  EXPECT_TRUE(all.commit_times);
  EXPECT_EQ(git("https://x/a.git#:../../etc").subdir, "etc");
}

TEST(AddSource, RefusesWhatItCannotFetch) {
  for (const char* text :
       {"ftp://x/y", "file:///x", "https://x/a.git?foo=1", "https://x/a.git?tag=a&branch=b",
        "https://x/a.git?ref=a#b", "https://x/a.git?ref=", "https://x/a.git?mtime=now",
        "https://x/a.git?ref=a&ref=a", "https://x/a.git#--upload-pack=x"}) {
    EXPECT_THROW(classify_source(text), std::invalid_argument) << text;
  }
  try {
    classify_source("https://user:canary-secret@x/a.git?foo=1");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(std::string(error.what()).find("canary"), std::string::npos);
  }
}

TEST(AddSource, LoginsAreApartAndNeverShown) {
  const auto url = std::get<UrlSource>(classify_source("https://a%40b:c:d@x/f?t=1"));
  EXPECT_EQ(url.url, "https://x/f?t=1");
  EXPECT_EQ(url.login, (dockerfile::Login{"a@b", "c:d"}));
  const auto git = std::get<GitSource>(classify_source("https://token@x/a.git#main"));
  EXPECT_EQ(git.remote, "https://x/a.git");
  EXPECT_EQ(git.login, (dockerfile::Login{"token", ""}));
  EXPECT_EQ(std::get<GitSource>(classify_source("ssh://git:pw@x/a")).remote, "ssh://git@x/a");
  EXPECT_EQ(dockerfile::shown_url("https://u:p@x/a.git?ref=main&token=t&k#f"),
            "https://xxxxx:xxxxx@x/a.git?ref=main&token=xxxxx&xxxxx#f");
  EXPECT_EQ(dockerfile::shown_url("git@x.org:a/b"), "git@x.org:a/b");
  EXPECT_EQ(dockerfile::shown_url("docs/a?b"), "docs/a?b");
  EXPECT_EQ(base::without_logins("ADD http://us:pw@x/f https://$U:$P@y/g ssh://a@z /"),
            "ADD http://xx:xx@x/f https://$U:$P@y/g ssh://x@z /");
}

TEST(RemoteSources, WhatPinsIsLookedAt) {
  const std::string commit(40, 'a');
  const auto checksum = [](const std::string& source, const std::string& flag) {
    return remote_source(source, flag, std::nullopt)->checksum;
  };
  EXPECT_EQ(checksum("https://x/a.git?commit=ABC", ""), "abc");
  EXPECT_EQ(checksum("https://x/a.git", commit), commit);
  EXPECT_EQ(checksum("https://x/a.git#" + commit, "aaa"), "aaa");
  EXPECT_EQ(checksum("https://x/f", "sha256:" + std::string(64, 'B')), "sha256:" + std::string(64, 'b'));
  EXPECT_EQ(remote_source("f", "abc", std::nullopt), std::nullopt);
  for (const auto& [source, flag] :
       std::vector<std::pair<std::string, std::string>>{{"https://x/a.git?commit=abc", "abd"},
                                                        {"https://x/a.git", "xyz"},
                                                        {"https://x/a.git", std::string(65, 'a')},
                                                        {"https://x/a.git#" + commit, "b"},
                                                        {"https://x/a.git?fetch-by-commit", ""},
                                                        {"https://x/a.git?fetch-by-commit", "abc"},
                                                        {"https://x/f", "abc"},
                                                        {"https://x/f", "sha512:" + std::string(128, 'a')}}) {
    EXPECT_THROW(remote_source(source, flag, std::nullopt), std::invalid_argument) << source << " " << flag;
  }
  EXPECT_THROW(remote_source("https://x/a.git?keep-git-dir", "", false), std::invalid_argument);
  EXPECT_TRUE(is_commit(std::string(64, '0')));
  EXPECT_FALSE(is_commit(std::string(50, '0')));
}

}  // namespace
}  // namespace ixian::stages
