// The values of secrets.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/secret.h"
#include "engine/stage_job.h"

namespace ixian::executor {

inline constexpr std::size_t kLargestSecret = 500 << 10;  // bytes, BuildKit's

// Where the secret is to come from is there. Nothing is read. Throws Error{kUsage}.
void check_secret(const engine::SecretSource& source);

// Each is read once, when it is first asked for, however many commands and builds have it: a pipe gives what
// it holds to one reader. Thread-safe; who reads a pipe that nobody writes to keeps others waiting.
class SecretValues {
 public:
  // Throws Error{kUsage} where it cannot be read, or is larger than kLargestSecret.
  base::Secret get(const engine::SecretSource& source);

 private:
  // Guards `files_`, and is held while a file is read.
  std::mutex mutex_;
  std::map<std::string, base::Secret> files_;  // by path
};

}  // namespace ixian::executor
