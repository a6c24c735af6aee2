// What a source is now, as keys have it, and how often somebody is asked.
#include "fetch/fetcher.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <set>

#include "base/error.h"
#include "fetch/git_program.h"
#include "files/fs.h"
#include "testing/fake_clock.h"
#include "testing/fake_transport.h"
#include "testing/temp_folder.h"

namespace ixian::fetch {
namespace {

using ixian::testing::FakeAnswer;
using ixian::testing::FakeTransport;
using ixian::testing::SentRequest;
using ::testing::HasSubstr;

class RemoteSourcesTest : public ::testing::Test {
 protected:
  RemoteSourcesTest() : store_(store::Store::open(folder_ / "store", cancellation_)) {}

  // As another run of the program sees it.
  std::string identity(const std::string& source, const std::string& checksum = "") {
    return run().identity(*stages::remote_source(source, checksum, std::nullopt), cancellation_);
  }
  Fetcher run() {
    return Fetcher(store_, [this]() -> http::Client& { return client_; });
  }

  // Gives `content_` with the headers, or says that it is what the client has.
  FakeAnswer answer(const SentRequest& sent) {
    FakeAnswer given{200, content_, headers_};
    const auto tag = headers_.find("ETag");
    const auto modified = headers_.find("Last-Modified");
    if ((tag && sent.header("If-None-Match") == *tag) ||
        (modified && sent.header("If-Modified-Since") == *modified)) {
      given = {304, "", {}};
      ++unchanged_;
    }
    return given;
  }

  const ixian::testing::TempFolder folder_;
  base::Cancellation cancellation_;
  std::shared_ptr<store::Store> store_;
  std::string content_ = "first";
  http::Headers headers_;
  int unchanged_ = 0;
  FakeTransport transport_{[this](const SentRequest& sent) { return answer(sent); }};
  ixian::testing::FakeClock clock_;
  http::Client client_{transport_, clock_, cancellation_};
};

constexpr const char* kUrl = "https://x.example.com/f";
constexpr const char* kFirst = "sha256:a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e";

TEST_F(RemoteSourcesTest, AUrlIsItsContentAndIsSentAgainOnlyWhereItHasChanged) {
  headers_.add("ETag", "\"1\"");
  EXPECT_EQ(identity(kUrl), kFirst);
  EXPECT_EQ(identity(kUrl), kFirst);
  EXPECT_EQ(unchanged_, 1);
  content_ = "second";
  headers_.set("ETag", "\"2\"");
  EXPECT_NE(identity(kUrl), kFirst);
  EXPECT_EQ(unchanged_, 1);
  EXPECT_EQ(transport_.sent().size(), 3u);
}

TEST_F(RemoteSourcesTest, ATimeOfTheLastSecondIsNotTrusted) {
  headers_.add("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
  headers_.add("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
  headers_.add("ETag", "\"2ebb-5\"");  // made of time and size
  identity(kUrl);
  content_ = "again";
  EXPECT_NE(identity(kUrl), kFirst);
  EXPECT_EQ(unchanged_, 0);
  headers_.set("Date", "Sun, 06 Nov 1994 08:49:39 GMT");
  identity(kUrl);
  identity(kUrl);
  EXPECT_EQ(unchanged_, 1);
}

TEST_F(RemoteSourcesTest, WithinARunASourceStaysWhatItWas) {
  Fetcher one = run();
  const auto source = *stages::remote_source(kUrl, "", std::nullopt);
  EXPECT_EQ(one.identity(source, cancellation_), kFirst);
  content_ = "second";
  EXPECT_EQ(one.identity(source, cancellation_), kFirst);
  EXPECT_EQ("sha256:" + one.download(source, cancellation_)->sha256, kFirst);
  EXPECT_EQ(transport_.sent().size(), 1u);
}

TEST_F(RemoteSourcesTest, WhatIsPinnedIsNotAskedFor) {
  EXPECT_EQ(identity(kUrl, kFirst), kFirst);
  const std::string commit(40, 'a');
  EXPECT_EQ(identity("https://x.example.com/r.git#" + commit), "git:" + commit);
  EXPECT_EQ(identity("https://x.example.com/r.git?fetch-by-commit&commit=" + commit), "git:" + commit);
  EXPECT_TRUE(transport_.sent().empty());
}

TEST_F(RemoteSourcesTest, EveryOptionOfARepositoryIsInItsIdentity) {
  const std::string repository = "https://x.example.com/r.git?ref=" + std::string(40, 'a');
  std::set<std::string> seen = {identity(repository)};
  for (const char* option :
       {"&submodules=false", "&keep-git-dir", "&mtime=commit", "&subdir=a", "&subdir=b"}) {
    EXPECT_TRUE(seen.insert(identity(repository + option)).second) << option;
  }
  EXPECT_EQ(identity(repository + "&submodules=true&keep-git-dir=false&mtime=checkout"),
            identity(repository));
}

TEST_F(RemoteSourcesTest, WhatComesIsCheckedAndBounded) {
  const auto fails = [&](Fetcher sources, const std::string& checksum) -> std::string {
    try {
      sources.download(*stages::remote_source(kUrl, checksum, std::nullopt), cancellation_);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_THAT(fails(run(), "sha256:" + std::string(64, '0')), HasSubstr("digest mismatch: "));
  const Fetcher::GetClient client = [this]() -> http::Client& { return client_; };
  FetchLimits limits;
  limits.bytes = 4;
  EXPECT_THAT(fails(Fetcher(store_, client, limits), ""), HasSubstr("larger than 4 bytes"));
  limits.bytes = 5;
  EXPECT_EQ(fails(Fetcher(store_, client, limits), ""), "");
}

TEST_F(RemoteSourcesTest, AGitServerThatSaysNothingIsGivenUp) {
  const files::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), any, size), 0);
  ASSERT_EQ(::listen(listener.get(), 4), 0);
  ASSERT_EQ(::getsockname(listener.get(), any, &size), 0);
  FetchLimits limits;
  limits.silence = std::chrono::seconds(1);
  Fetcher sources(
      store_, [this]() -> http::Client& { return client_; }, limits);
  const std::string url = "git://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/r.git";
  try {
    sources.identity(*stages::remote_source(url, "", std::nullopt), cancellation_);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
    EXPECT_THAT(error.message(), HasSubstr("no data from its server for 1s"));
  }
}

TEST(GitMessages, AreWithoutProgress) {
  EXPECT_EQ(git_messages("remote: Counting objects: 50%\rremote: Counting objects: 100%, done.\n"
                         "Receiving objects:  1% (1/9)\rfatal: early EOF\nfatal: no more\n"),
            "fatal: no more");
  EXPECT_EQ(git_messages("fatal: repository 'x' not found\n"), "fatal: repository 'x' not found");
}

}  // namespace
}  // namespace ixian::fetch
