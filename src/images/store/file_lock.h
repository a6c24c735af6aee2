// Locks that end with their owner, by open file description (fcntl(2), F_OFD_SETLK).
#pragma once

#include <cstdint>
#include <string>

#include "base/cancel.h"
#include "files/fs.h"

namespace ixian::store {

// Whether anybody, this process included, holds a lock on the file. False where there is no such file.
bool is_locked(const std::string& file);

// One byte of a file that is shared by all names: the place is given by the name's hash, so nothing is left
// to clean up, and two names that meet at one place would only wait for each other. Threads exclude each
// other too.
class NameLock {
 public:
  // Waits; throws Cancelled, or Error{kRegistry} where the file system cannot lock.
  NameLock(const std::string& file, const std::string& name, base::Cancellation& cancellation);

  enum class Try { kNow };
  // Does not wait: see held().
  NameLock(const std::string& file, const std::string& name, Try);
  bool held() const { return held_; }

 private:
  bool try_lock();

  const std::string file_;
  files::UniqueFd fd_;
  std::int64_t place_ = 0;
  bool held_ = false;
};

}  // namespace ixian::store
