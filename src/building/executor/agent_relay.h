// What a RUN gets to see of an SSH agent.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

namespace ixian::executor {

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
