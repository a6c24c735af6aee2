// What decides whether a task is complete.
#pragma once

#include <string>

#include "base/json.h"

namespace ixian::task {

// One condition of one task. A checker passes when its state now equals the state saved after the task's last
// success; a project's own checkers may decide differently. Used by one thread at a time, not always the
// same. May throw base::Error.
class Checker {
 public:
  virtual ~Checker() = default;

  // Names the checker within its task, equal from run to run and from machine to machine: what its state is
  // saved under.
  virtual std::string id() = 0;

  // What is true now. Paths in it are relative to the project.
  virtual base::Json state() = 0;

  // `saved` is the state after the last success, null where the task has never succeeded here.
  virtual bool check(const base::Json* saved) = 0;

  // False: the state says nothing about what the task would produce (an image exists), so it stays out of the
  // task's hash.
  virtual bool contributes_to_key() = 0;

  // Called when the task has succeeded and its state is being saved, for checkers that keep something of
  // their own.
  virtual void on_saved() {}

  // The single facts behind state(), for telling what changed: name → fingerprint, one line each, sorted by
  // name. Empty where state() says it all.
  virtual base::Json details() { return base::Json::object(); }
};

}  // namespace ixian::task
