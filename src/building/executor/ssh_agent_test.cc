#include "executor/ssh_agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "executor/agent_relay.h"
#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::executor {
namespace {

using ::testing::HasSubstr;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

// Answers each message with one byte, the kind of the question and one more, and notes what it was asked.
class StandInAgent {
 public:
  explicit StandInAgent(const std::string& path)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = address_of(path);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::thread([this] {
      const files::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char message[5];
      while (::recv(client.get(), message, sizeof(message), MSG_WAITALL) == sizeof(message)) {
        kinds.push_back(message[4]);
        ++message[4];
        EXPECT_EQ(::send(client.get(), message, sizeof(message), MSG_NOSIGNAL), 5);
      }
    });
  }
  ~StandInAgent() { wait(); }
  void wait() {
    if (thread_.joinable()) thread_.join();
  }

  std::vector<char> kinds;

 private:
  files::UniqueFd listener_;
  std::thread thread_;
};

char asked(int agent, char kind) {
  const char question[5] = {0, 0, 0, 1, kind};
  char answer[5] = {};
  EXPECT_EQ(::send(agent, question, sizeof(question), MSG_NOSIGNAL), 5);
  EXPECT_EQ(::recv(agent, answer, sizeof(answer), MSG_WAITALL), 5);
  return answer[4];
}

TEST(AgentRelay, LetsARunListKeysAndSignAndNothingElse) {
  const ixian::testing::TempFolder folder;
  StandInAgent agent(folder / "agent");
  AgentRelay relay(folder.path(), folder / "agent", {0640, ::getuid(), ::getgid()});
  struct stat info;
  ASSERT_EQ(::stat(relay.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
  files::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(relay.path());
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(asked(client.get(), 11), 12);
  EXPECT_EQ(asked(client.get(), 17), 5);  // add a key
  EXPECT_EQ(asked(client.get(), 19), 5);  // remove all
  EXPECT_EQ(asked(client.get(), 13), 14);
  client.reset();
  agent.wait();
  EXPECT_EQ(agent.kinds, (std::vector<char>{11, 13}));
}

TEST(AgentRelay, EndsWithOpenConnections) {
  const ixian::testing::TempFolder folder;
  StandInAgent agent(folder / "agent");
  files::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  {
    AgentRelay relay(folder.path(), folder / "agent", {0600, ::getuid(), ::getgid()});
    const sockaddr_un address = address_of(relay.path());
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(asked(client.get(), 11), 12);
  }
  char byte = 0;
  EXPECT_EQ(::recv(client.get(), &byte, 1, 0), 0);
}

int shell(const std::string& line) {
  return std::system(line.c_str());  // NOLINT(concurrency-mt-unsafe)
}

TEST(SshAgents, StartOneForKeysThatEndsWithThem) {
  if (shell("command -v ssh-agent ssh-add ssh-keygen >/dev/null") != 0)
    GTEST_SKIP() << "openssh-client is not installed";
  const ixian::testing::TempFolder folder;
  ASSERT_EQ(shell("ssh-keygen -q -t ed25519 -N '' -f " + folder / "key"), 0);
  ASSERT_EQ(shell("ssh-keygen -q -t ed25519 -N secret -f " + folder / "locked"), 0);
  base::Cancellation cancellation;
  std::string socket;
  {
    SshAgents agents;
    const engine::SshSource source{"default", {folder / "key"}};
    socket = agents.socket(source, cancellation);
    EXPECT_EQ(agents.socket(source, cancellation), socket);
    EXPECT_EQ(shell("SSH_AUTH_SOCK=" + socket + " ssh-add -l | grep -q ED25519"), 0);
    try {
      agents.socket({"other", {folder / "locked"}}, cancellation);
      FAIL();
    } catch (const base::Error& error) {
      EXPECT_THAT(error.message(), HasSubstr("ssh-add rejects"));
      EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    }
  }
  EXPECT_NE(::access(socket.c_str(), F_OK), 0);
}

TEST(CheckSsh, SaysWhatCannotBeAnAgent) {
  const ixian::testing::TempFolder folder;
  EXPECT_THROW(check_ssh({"a", {}}), base::Error);
  EXPECT_THROW(check_ssh({"a", {folder / "none"}}), base::Error);
  EXPECT_THROW(check_ssh({"a", {folder.path()}}), base::Error);
}

}  // namespace
}  // namespace ixian::executor
