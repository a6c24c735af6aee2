#include "fetch/git_place.h"

#include <gtest/gtest.h>

namespace ixian::fetch {
namespace {

// "SCHEME HOST PORT", "" where it is no address.
std::string parsed(const std::string& url) {
  const auto found = parse_git_url(url);
  return found ? found->scheme + " " + found->host + " " + std::to_string(found->port) : "";
}

TEST(GitUrl, HasAHostThatGitAndWeReadAlike) {
  EXPECT_EQ(parsed("https://User:pw@Host.example/r.git"), "https host.example 443");
  EXPECT_EQ(parsed("http://[::1]:81/r"), "http ::1 81");
  EXPECT_EQ(parsed("git://host/r"), "git host 9418");
  EXPECT_EQ(parsed("git://[fd00::1]:1/r"), "git fd00::1 1");
  EXPECT_EQ(parsed("ssh://git@host:2222/r"), "ssh host 2222");
  EXPECT_EQ(parsed("git+ssh://host/r"), "ssh host 22");
  EXPECT_EQ(parsed("git@10.0.0.1:team/r.git"), "ssh 10.0.0.1 22");
  EXPECT_EQ(parsed("host:r"), "ssh host 22");
  EXPECT_EQ(parsed("git@[::1]:r"), "ssh ::1 22");
  EXPECT_EQ(parsed("git@[host:2222]:r"), "ssh host 2222");
}

TEST(GitUrl, IsNoFileAndNothingThatCouldBeReadInTwoWays) {
  for (const char* url : {"",
                          "/r",
                          "./a:b",
                          "../r",
                          "file:///r",
                          "ext::sh -c x",
                          "http::http://h/r",
                          "HTTP://h/r",
                          "ftp://h/r",
                          "git://user@host/r",
                          "git://ho%73t/r",
                          "ssh://host:port/r",
                          "ssh://host:0/r",
                          "ssh://-oX/r",
                          "-oX:r",
                          "ssh://host",
                          "https://a b/r",
                          "https://a\\@b/r",
                          "git://h\n/r",
                          "git@[::1:r"}) {
    EXPECT_EQ(parsed(url), "") << url;
  }
}

}  // namespace
}  // namespace ixian::fetch
