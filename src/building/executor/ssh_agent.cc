// Keys are given to the machine's own ssh-agent(1), which knows every kind of key; ix never parses one. It is
// started with a command that ends when this process does (cat, whose input is a pipe of ours), and ends
// itself when its command has ended: nothing is left behind, not even by SIGKILL.
//
// No RUN gets the agent's own socket, through which it could add and remove keys, or lock the agent, but one
// of a relay. The relay reads whole messages, since what is asked stands in their first byte.
#include "executor/ssh_agent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <list>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "base/threads.h"
#include "files/fs.h"
#include "process/capture.h"
#include "process/launch.h"

namespace ixian::executor {
namespace {

using base::Error;
using base::ErrorCode;

constexpr char kInstall[] = "hint: install openssh-client, or pass the socket of an agent";

// draft-miller-ssh-agent: SSH_AGENTC_REQUEST_IDENTITIES, SSH_AGENTC_SIGN_REQUEST; SSH_AGENT_FAILURE.
constexpr unsigned char kListKeys = 11;
constexpr unsigned char kSign = 13;
constexpr std::string_view kRefusal("\0\0\0\1\5", 5);
constexpr std::size_t kLargestMessage = 256 << 10;
constexpr std::size_t kMostConnections = 64;

[[noreturn]] void fail_ssh(const engine::SshSource& source, const std::string& reason) {
  throw Error(ErrorCode::kUsage, fmt::format("cannot use the SSH agent {}: {}", source.id, reason));
}

bool is_agent(const engine::SshSource& source) {
  struct stat info;
  return source.places.size() == 1 && ::stat(source.places.front().c_str(), &info) == 0 &&
         S_ISSOCK(info.st_mode);
}

std::string program(const char* name) {
  const char* path = ::getenv("PATH");
  return process::find_program(name, path == nullptr ? "/usr/bin:/bin" : path);
}

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

// ssh-agent with some keys, in a folder of its own.
class KeyAgent {
 public:
  KeyAgent(const engine::SshSource& source, base::Cancellation& cancellation) {
    try {
      start(source);
      add_keys(source, cancellation);
    } catch (...) {
      end();
      throw;
    }
  }
  ~KeyAgent() { end(); }
  KeyAgent(const KeyAgent&) = delete;
  KeyAgent& operator=(const KeyAgent&) = delete;

  const std::string& socket() const { return socket_; }

 private:
  void make_folder(const engine::SshSource& source) {
    constexpr std::size_t kLongest = 70;  // of a socket's address 107 bytes are there
    const char* variable = ::getenv("TMPDIR");
    std::string folder = variable == nullptr || *variable != '/' ? "/tmp" : variable;
    if (folder.size() > kLongest) folder = "/tmp";
    folder += "/ix-ssh-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr)
      fail_ssh(source, "cannot create a directory: " + base::errno_text(errno));
    folder_ = folder;
    socket_ = folder_ + "/agent";
  }

  void start(const engine::SshSource& source) {
    const std::string path = program("ssh-agent");
    if (path.empty()) fail_ssh(source, std::string("ssh-agent not found\n") + kInstall);
    make_folder(source);
    process::Pipe life = process::make_pipe();
    process::Pipe ready = process::make_pipe();
    std::vector<std::string> words = {path, "-a", socket_, "/bin/sh", "-c", "echo $SSH_AGENT_PID; exec cat"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const process::ChildEnvironment environment({});
    {
      const process::BlockSignals guard;
      command_ = ::fork();
      if (command_ == 0) {
        ::setsid();
        const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (::dup2(life.read.get(), STDIN_FILENO) >= 0 && ::dup2(ready.write.get(), STDOUT_FILENO) >= 0 &&
            ::dup2(nowhere, STDERR_FILENO) >= 0) {
          process::reset_inherited();
          ::execve(argv[0], argv.data(), environment.data());
        }
        ::_exit(127);
      }
    }
    if (command_ < 0) fail_ssh(source, "cannot start ssh-agent: " + base::errno_text(errno));
    ready.write.reset();
    life_ = std::move(life.write);
    // The agent listens by the time that its command runs.
    std::string text;
    char c = 0;
    while (::read(ready.read.get(), &c, 1) == 1 && c != '\n') text += c;
    agent_ = std::atoi(text.c_str());
    if (agent_ <= 0) fail_ssh(source, "ssh-agent failed");
  }

  void add_keys(const engine::SshSource& source, base::Cancellation& cancellation) {
    const std::string path = program("ssh-add");
    if (path.empty()) fail_ssh(source, std::string("ssh-add not found\n") + kInstall);
    for (const std::string& key : source.places) {
      process::CaptureOptions question;
      question.argv = {path, "-q", "--", key};
      // There is nobody to ask for a passphrase.
      question.env = {{"SSH_AUTH_SOCK", socket_}, {"SSH_ASKPASS_REQUIRE", "never"}};
      question.without_env = {"DISPLAY", "SSH_ASKPASS"};
      const process::CaptureResult added = process::capture_output(question, cancellation);
      if (added.status.ok()) continue;
      throw Error(ErrorCode::kUsage,
                  fmt::format("cannot use the SSH agent {}: ssh-add rejects {}\nhint: use a key without a "
                              "passphrase that only you may read, or an agent that has it: `--ssh default`",
                              source.id, base::printable_path(key)),
                  added.error.empty() ? "" : "note: " + std::string(base::trim(added.error)));
    }
  }

  void end() {
    life_.reset();
    if (agent_ > 0) ::kill(agent_, SIGTERM);
    if (command_ > 0) {
      while (::waitpid(command_, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    if (folder_.empty()) return;
    ::unlink(socket_.c_str());
    ::rmdir(folder_.c_str());
  }

  std::string folder_;
  std::string socket_;
  files::UniqueFd life_;  // the agent ends when this closes
  pid_t command_ = -1;
  pid_t agent_ = -1;
};

void check_ssh(const engine::SshSource& source) {
  if (source.places.empty()) {
    fail_ssh(source,
             fmt::format("SSH_AUTH_SOCK is not set\nhint: start an agent with `eval $(ssh-agent)`, or "
                         "name a key: {}=KEYFILE",
                         source.id));
  }
  if (is_agent(source)) return;
  for (const std::string& key : source.places) {
    struct stat info;
    if (::stat(key.c_str(), &info) != 0 || ::access(key.c_str(), R_OK) != 0)
      fail_ssh(source, fmt::format("{}: {}", base::printable_path(key), base::errno_text(errno)));
    if (!S_ISREG(info.st_mode)) {
      fail_ssh(source, fmt::format("{} is no private key (expected: the socket of one agent, or files)",
                                   base::printable_path(key)));
    }
  }
  for (const char* name : {"ssh-agent", "ssh-add"})
    if (program(name).empty()) fail_ssh(source, fmt::format("{} not found\n{}", name, kInstall));
}

SshAgents::SshAgents() = default;
SshAgents::~SshAgents() = default;

std::string SshAgents::socket(const engine::SshSource& source, base::Cancellation& cancellation) {
  check_ssh(source);
  if (is_agent(source)) return source.places.front();
  const std::lock_guard lock(mutex_);
  const std::string name = source.id + '\0' + base::join(source.places, std::string(1, '\0'));
  auto known = agents_.find(name);
  if (known == agents_.end())
    known = agents_.emplace(name, std::make_unique<KeyAgent>(source, cancellation)).first;
  return known->second->socket();
}

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
    throw Error(ErrorCode::kTaskFailed, "cannot make the socket of an SSH agent: " + base::errno_text(errno));
  }
  connections_ = std::make_unique<Connections>(std::move(listener), agent);
}

AgentRelay::~AgentRelay() = default;

}  // namespace ixian::executor
