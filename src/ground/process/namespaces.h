// The namespaces that this program itself moves into before it builds.
#pragma once

#include <string>

namespace ixian::process {

enum class UserMode {
  kRoot,         // root from the start: its own mount namespace, nothing else changes
  kSubordinate,  // an ordinary user who has become root of a user namespace with ranges of /etc/subuid
  kSingle,       // the same with no other user or group than its own, who is root there
  kNone,         // neither is allowed here: nothing has changed
};

struct Namespaces {
  UserMode privileges = UserMode::kNone;

  // What is missing and what helps, a sentence; for kSingle (files of other users cannot be made) and kNone
  // (nothing can be mounted, no RUN). "" otherwise.
  std::string missing;
};

// Moves this process into a mount namespace of its own, and an ordinary user into a user namespace besides,
// in which it is root: ids 0 and, where newuidmap(1) and newgidmap(1) and the ranges of subuid(5) and
// subgid(5) are there, 1 to 65535 or whatever they hold. All mounts made later are the process's own and end
// with it, however it ends. It happens in place: same process, same arguments, nobody in between who would
// have to pass on exit codes or signals.
//
// Call once, before any thread exists: the kernel allows no other time. Throws Error{kTaskFailed} where
// threads exist, or where the move failed half way.
Namespaces enter_namespaces();

// What enter_namespaces() answered; kNone before it was called.
const Namespaces& namespaces();

}  // namespace ixian::process
