// No RUN gets an agent's own socket, through which it could add and remove keys, or lock the agent, but one
// of a relay. That reads whole messages, since what is asked stands in their first byte.
#include "executor/agent_relay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/threads.h"
#include "files/fs.h"

namespace ixian::executor {
namespace {

// draft-miller-ssh-agent: SSH_AGENTC_REQUEST_IDENTITIES, SSH_AGENTC_SIGN_REQUEST; SSH_AGENT_FAILURE.
constexpr unsigned char kListKeys = 11;
constexpr unsigned char kSign = 13;
constexpr std::string_view kRefusal("\0\0\0\1\5", 5);
constexpr std::size_t kLargestMessage = 256 << 10;
constexpr std::size_t kMostConnections = 64;

// The address of a socket whose folder's path may be longer than an address can hold.
class SocketAddress {
 public:
  explicit SocketAddress(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    folder_ = files::UniqueFd(::open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const std::string name = fmt::format("/proc/self/fd/{}/{}", folder_.get(), path.substr(slash + 1));
    address_.sun_family = AF_UNIX;
    const std::size_t length = std::min(name.size(), sizeof(address_.sun_path) - 1);
    std::memcpy(address_.sun_path, name.data(), length);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static constexpr socklen_t size() { return sizeof(sockaddr_un); }

 private:
  files::UniqueFd folder_;
  sockaddr_un address_ = {};
};

files::UniqueFd stream_socket() {
  return files::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

bool read_all(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::recv(fd, data, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// A message with its length before it. "" where there is none any more, or none that can be.
std::string read_message(int fd) {
  unsigned char head[4];
  if (!read_all(fd, reinterpret_cast<char*>(head), sizeof(head))) return "";
  const std::size_t size = static_cast<std::size_t>(head[0]) << 24 | static_cast<std::size_t>(head[1]) << 16 |
                           static_cast<std::size_t>(head[2]) << 8 | head[3];
  if (size == 0 || size > kLargestMessage) return "";
  std::string message(reinterpret_cast<char*>(head), sizeof(head));
  message.resize(sizeof(head) + size);
  return read_all(fd, message.data() + sizeof(head), size) ? message : "";
}

// Until one of both has enough.
void relay_messages(int client, int agent) {
  for (;;) {
    const std::string question = read_message(client);
    if (question.empty()) return;
    const auto kind = static_cast<unsigned char>(question[4]);
    if (kind != kListKeys && kind != kSign) {
      if (!write_all(client, kRefusal)) return;
      continue;
    }
    if (!write_all(agent, question)) return;
    const std::string answer = read_message(agent);
    if (answer.empty() || !write_all(client, answer)) return;
  }
}

}  // namespace

// One thread accepts, and each connection has one.
class AgentRelay::Connections {
 public:
  Connections(files::UniqueFd listener, const std::string& agent)
      : listener_(std::move(listener)),
        address_(agent),
        accepting_(base::start_thread([this] { accept(); })) {}

  ~Connections() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      for (const Connection& each : connections_) {
        if (!each.client.valid()) continue;
        ::shutdown(each.client.get(), SHUT_RDWR);
        ::shutdown(each.agent.get(), SHUT_RDWR);
      }
    }
    ::shutdown(listener_.get(), SHUT_RDWR);
    accepting_.join();
    for (Connection& each : connections_) each.thread.join();
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

 private:
  struct Connection {
    files::UniqueFd client, agent;
    std::thread thread;
  };

  void accept() {
    for (;;) {
      files::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const int error = errno;
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      if (!client.valid()) {
        if (error == EINTR || error == ECONNABORTED) continue;
        return;
      }
      join_ended();
      if (connections_.size() >= kMostConnections) continue;
      files::UniqueFd upstream = stream_socket();
      // It is one of this machine: that takes no time.
      if (!upstream.valid() || ::connect(upstream.get(), address_.get(), SocketAddress::size()) != 0)
        continue;
      Connection& connection = connections_.emplace_back();
      connection.client = std::move(client);
      connection.agent = std::move(upstream);
      connection.thread = base::try_thread([this, &connection] {
        relay_messages(connection.client.get(), connection.agent.get());
        const std::lock_guard close(mutex_);
        connection.client.reset();
        connection.agent.reset();
      });
      if (!connection.thread.joinable()) connections_.pop_back();
    }
  }

  void join_ended() {
    connections_.remove_if([](Connection& each) {
      if (each.client.valid()) return false;
      each.thread.join();
      return true;
    });
  }

  const files::UniqueFd listener_;
  const SocketAddress address_;  // of the agent
  std::mutex mutex_;
  // Guarded by `mutex_`. A client that is closed is one whose thread has nothing to do any more.
  bool ended_ = false;
  std::list<Connection> connections_;
  std::thread accepting_;
};

AgentRelay::AgentRelay(const std::string& folder, const std::string& agent, const SocketOwner& owner)
    : path_(folder + "/ssh-agent") {
  files::UniqueFd listener = stream_socket();
  const SocketAddress address(path_);
  if (!listener.valid() || ::bind(listener.get(), address.get(), SocketAddress::size()) != 0 ||
      ::chmod(path_.c_str(), owner.mode) != 0 || ::lchown(path_.c_str(), owner.uid, owner.gid) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      "cannot make the socket of an SSH agent: " + base::errno_text(errno));
  }
  connections_ = std::make_unique<Connections>(std::move(listener), agent);
}

AgentRelay::~AgentRelay() = default;

}  // namespace ixian::executor
