// SSH agents for RUN --mount=type=ssh.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/cancel.h"
#include "engine/stage_job.h"

namespace ixian::executor {

// Where the agent, or its keys, are to come from is there, and so are the programs that hold keys. Nothing is
// started. Throws Error{kUsage}.
void check_ssh(const engine::SshSource& source);

class KeyAgent;

// The agents of an engine. Thread-safe. One that was started for keys ends with this.
class SshAgents {
 public:
  SshAgents();
  ~SshAgents();

  // The socket of an agent with the source's keys. Throws Error{kUsage} for a key that cannot be used.
  std::string socket(const engine::SshSource& source, base::Cancellation& cancellation);

 private:
  // Guards `agents_`, and is held while one is started.
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<KeyAgent>> agents_;  // by id
};

struct SocketOwner {
  mode_t mode = 0600;
  uid_t uid = 0;
  gid_t gid = 0;
};

// A socket that leads to an agent and lets a RUN ask two things of it: which keys there are, and to sign. For
// as long as this lives.
class AgentRelay {
 public:
  // Makes the socket in `folder`. Throws Error{kTaskFailed}.
  AgentRelay(const std::string& folder, const std::string& agent, const SocketOwner& owner);
  ~AgentRelay();
  AgentRelay(const AgentRelay&) = delete;
  AgentRelay& operator=(const AgentRelay&) = delete;

  const std::string& path() const { return path_; }

 private:
  class Connections;

  const std::string path_;
  std::unique_ptr<Connections> connections_;
};

}  // namespace ixian::executor
