// Two builds that need the same instruction at the same time: one runs it, the other waits and takes it.
#pragma once

#include <string>

#include "base/cancel.h"
#include "files/fs.h"

namespace ixian::cache {

// Holds the key from construction to destruction, against other threads and other processes. It is a byte of
// one file, at a place that the key gives: two keys that share a byte wait for each other, and lose nothing
// but time. Ends with its process. Whoever holds one must not wait for another one. Throws Error{kTaskFailed}
// where the file system cannot lock; Cancelled while waiting.
class KeyLock {
 public:
  KeyLock(const std::string& file, const std::string& key, base::Cancellation& cancellation);

  // Together with others that share it; nobody else can hold it then.
  static KeyLock share(const std::string& file, const std::string& key, base::Cancellation& cancellation);

  // Without waiting; false where somebody else holds it.
  static bool try_lock(const std::string& file, const std::string& key, KeyLock& lock);

  KeyLock() = default;  // holds nothing
  KeyLock(KeyLock&&) noexcept = default;
  KeyLock& operator=(KeyLock&&) noexcept = default;

 private:
  files::UniqueFd fd_;
};

}  // namespace ixian::cache
