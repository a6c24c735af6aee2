// Keys are given to the machine's own ssh-agent(1), which knows every kind of key; ix never parses one. It is
// started with a command that ends when this process does (cat, whose input is a pipe of ours), and ends
// itself when its command has ended: nothing is left behind, not even by SIGKILL.
#include "executor/ssh_agent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "process/capture.h"
#include "process/launch.h"

namespace ixian::executor {
namespace {

using base::Error;
using base::ErrorCode;

constexpr char kInstall[] = "hint: install openssh-client, or pass the socket of an agent";

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

}  // namespace ixian::executor
