// The SSH agents that RUN --mount=type=ssh leads to.
#pragma once

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

}  // namespace ixian::executor
