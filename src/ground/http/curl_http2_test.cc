// Against nghttpd, where it is installed (Debian: nghttp2-server).
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing/http_fixture.h"
#include "testing/temp_folder.h"
#include "testing/test_ca.h"

namespace ixian::http {
namespace {

using ixian::testing::HttpTest;
using ixian::testing::TempFolder;
using ixian::testing::TestCa;

const char* nghttpd() {
  for (const char* path : {"/usr/sbin/nghttpd", "/usr/bin/nghttpd"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return nullptr;
}

int free_port() {
  const ixian::testing::HttpServer server([](const auto&, auto&) {});
  return server.port();
}

class Http2Test : public HttpTest {
 protected:
  void SetUp() override {
    if (nghttpd() == nullptr) GTEST_SKIP() << "nghttpd is not installed";
    options_.tls = [this](std::string_view) { return TlsSettings{{ca_.file()}, "", "", true}; };
    options_.stall_time = std::chrono::seconds(20);
    const auto files = ca_.sign("server", "IP:127.0.0.1");
    const std::string port = std::to_string(free_port());
    std::vector<std::string> arguments = {nghttpd(),      "-a", "127.0.0.1", "--echo-upload",  "-d",
                                          folder_.path(), port, files.key,   files.certificate};
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ASSERT_EQ(::posix_spawn(&pid_, nghttpd(), nullptr, nullptr, argv.data(), environ), 0);
    url_ = "https://127.0.0.1:" + port + "/";
    wait_until_up();
  }
  void TearDown() override {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  void wait_until_up() {
    for (int i = 0; i < 500; ++i) {
      try {
        get(url_).text();
        return;
      } catch (const TransportError&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }
    FAIL() << "nghttpd does not answer";
  }

  TempFolder folder_;
  TestCa ca_{folder_};
  std::string url_;
  pid_t pid_ = -1;
};

TEST_F(Http2Test, IsUsedWhereTlsNegotiatesIt) {
  folder_.write("small", "hello");
  Response response = get(url_ + "small");
  EXPECT_EQ(response.head.version, 20);
  EXPECT_EQ(response.head.status, 200);
  EXPECT_EQ(all(std::move(response)), "hello");
  EXPECT_EQ(get(url_ + "missing").head.status, 404);
}

TEST_F(Http2Test, LargeBodiesComeWholeAlsoToASlowReader) {
  std::string content;
  for (int i = 0; i < 3'000'000; ++i) content += std::to_string(i);
  folder_.write("large", content);
  EXPECT_TRUE(all(get(url_ + "large")) == content);
  Response response = get(url_ + "large");
  std::string text;
  std::string buffer(100'000, '\0');
  while (const std::size_t count = response.body->read(buffer.data(), buffer.size())) {
    if (text.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    text.append(buffer, 0, count);
  }
  EXPECT_TRUE(text == content);
}

TEST_F(Http2Test, LargeBodiesAreSentWhole) {
  std::string content;
  for (int i = 0; i < 1'000'000; ++i) content += std::to_string(i);
  for (const char* method : {"POST", "PUT"}) {
    Request request = put(url_ + "echo", content);
    request.method = method;
    EXPECT_TRUE(all(transport().send(request)) == content) << method;
  }
}

TEST_F(Http2Test, AnAbandonedBodyDoesNoHarm) {
  folder_.write("large", std::string(16 << 20, 'x'));
  for (int i = 0; i < 3; ++i) {
    Response response = get(url_ + "large");
    char byte = 0;
    EXPECT_EQ(response.body->read(&byte, 1), 1u);
  }
  EXPECT_EQ(all(get(url_ + "large")).size(), std::size_t{16 << 20});
}

}  // namespace
}  // namespace ixian::http
