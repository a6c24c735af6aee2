// A task as data, and what it takes to run it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event.h"
#include "task/checker.h"
#include "task/stage_declaration.h"

namespace ixian::task {

// One run of one task.
struct TaskCall {
  std::string task;
  std::vector<std::string> args;                  // only the task that the user asked for has any
  base::ActivityId activity = base::kNoActivity;  // where its output and messages go
  bool owns_terminal = false;  // it writes to our standard output itself, and may read the terminal
  bool force = false;
};

// What its function takes from the command line, as far as its signature tells.
struct Parameters {
  bool known = false;     // else whoever calls it finds out
  std::size_t least = 0;  // words
  std::size_t most = 0;
  bool any_words = false;   // more of them, and options: *args
  bool keywords = false;    // --key=value: **kwargs
  bool names_only = false;  // none of the words is an option
};

// Plain data apart from its three callbacks, which any thread may call, one at a time for each task. They
// throw base::Error or base::Cancelled.
struct Task {
  std::string name;
  std::string category;  // upper case, "" for none
  std::string short_description;
  std::string description;           // the docstring
  std::vector<std::string> depends;  // names; parents have been turned round into these
  std::vector<std::string> config;   // "{DOCKER.IMAGE}": shown on the task's help page
  std::string source;                // where it is written: "ixian.py:12"
  Parameters parameters;
  bool in_context = true;  // may be named on the command line in this RUN_CONTEXT

  // Made when they are first needed, since their keys may hold configuration.
  std::function<std::vector<std::shared_ptr<Checker>>()> make_checkers;

  std::function<void(const TaskCall&)>
      execute;                  // null: a virtual target, which only gathers its dependencies
  std::function<void()> clean;  // null: nothing to clean

  // Of an image task: what it builds, as its class declares it now. Null for all others. An image task is
  // complete when its image is somewhere, whatever its checkers say.
  std::function<StageDeclaration()> image_stage;

  bool is_image() const { return image_stage != nullptr; }
  bool is_virtual() const { return execute == nullptr; }
};

}  // namespace ixian::task
