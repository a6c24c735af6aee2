// Why a task runs, as people read it. Lists are cut: a reason is one line of many.
#include "plan/decision.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "plan/wording.h"

namespace ixian::plan {
namespace {

std::string shorten(const std::string& name) {
  constexpr std::size_t kLongest = 60;
  if (base::display_width(name) <= kLongest) return name;
  if (const auto comma = name.rfind(',', kLongest); comma != std::string::npos && comma > 0) {
    return name.substr(0, comma) + ", …";
  }
  return cut(name, kLongest);
}

std::string enumerate(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) shown.push_back(shorten(names[i]));
  std::string text = base::join(shown, ", ");
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

// "dependency lib", "dependencies lib, app and 2 more".
std::string dependencies(const std::vector<std::string>& names) {
  return (names.size() == 1 ? "dependency " : "dependencies ") + enumerate(names);
}

// "not in the store, not in registry.local/shop".
std::string missing_at(const std::vector<std::string>& repositories) {
  std::string text = "not in the store";
  for (const std::string& repository : repositories) text += ", not in " + repository;
  return text;
}

// "FileHash:src/,setup.py" → "src/,setup.py".
std::string subject_of(const std::string& checker_id) {
  return checker_id.substr(checker_id.find(':') + 1);
}

// The dependencies whose last success is a later one than this task was made with.
std::vector<std::string> ran_since(const DecisionInputs& inputs) {
  std::vector<std::string> names;
  for (const auto& [name, run] : inputs.dependency_runs) {
    auto known = inputs.record->depends.find(name);
    if (known == inputs.record->depends.end() || known->second != run) names.push_back(name);
  }
  return names;
}

// The names whose values differ between two objects; all that can be said of other values is their checker's
// name.
void add_changed(const std::string& checker_id, const base::Json* before, const base::Json& now,
                 std::vector<std::string>& changed) {
  const std::size_t known = changed.size();
  if (before != nullptr && before->is_object() && now.is_object()) {
    for (const auto& [key, value] : now.items()) {
      if (!before->contains(key) || before->at(key) != value) changed.push_back(key);
    }
    for (const auto& [key, value] : before->items()) {
      if (!now.contains(key)) changed.push_back(key);
    }
  }
  if (changed.size() == known) changed.push_back(subject_of(checker_id));
}

// The checkers that do not pass.
Decision ask_checkers(const task::TaskGraph& graph, task::TaskStates& states, task::TaskId id,
                      const task::TaskRecord* record) {
  Decision decision;
  // Checkers may be Python objects: the interpreter's lock is held for all of them, not taken for each.
  const auto guard = states.guard();
  for (const auto& checker : states.checkers(id)) {
    try {
      const std::string name = checker->id();
      const base::Json* saved = nullptr;
      if (record != nullptr) {
        auto found = record->checks.find(name);
        if (found != record->checks.end()) saved = &*found;
      }
      if (checker->check(saved)) continue;
      decision.because.push_back(name);
      if (record != nullptr) add_changed(name, saved, checker->state(), decision.changed);
    } catch (const base::Error& error) {
      throw base::Error(
          error.code(),
          fmt::format("cannot check whether {} is complete: {}", graph[id].name, error.message()),
          error.context());
    }
  }
  if (decision.because.empty()) return decision;
  decision.runs = true;
  decision.reason = record == nullptr ? Reason::kNeverCompleted : Reason::kChecks;
  return decision;
}

}  // namespace

std::string describe(const Decision& decision) {
  switch (decision.reason) {
    case Reason::kComplete:
      return decision.runs ? "" : "up to date";
    case Reason::kForced:
      return "forced by --force";
    case Reason::kDependency:
      return dependencies(decision.because) + " will run";
    case Reason::kNoChecks:
      return "no checks: always runs";
    case Reason::kNeverCompleted:
      return "never completed in this checkout";
    case Reason::kUnfinished:
      return "last run failed or was interrupted";
    case Reason::kArguments:
      return "arguments changed";
    case Reason::kDependencyRan:
      return dependencies(decision.because) + " ran since";
    case Reason::kChecks:
      return fmt::format("{} changed", enumerate(decision.changed));
    case Reason::kImage:
      return decision.because.front();
    case Reason::kImageMissing:
      return fmt::format("cache miss ({})", missing_at(decision.because));
    case Reason::kImageUnknown:
      return fmt::format("cache miss ({}; {} unavailable)", missing_at(decision.changed),
                         base::join(decision.because, ", "));
    case Reason::kImageUnasked:
      return "cache miss (not in the store; registries skipped by --no-pull)";
    case Reason::kImagePush:
      return decision.because.front();
    case Reason::kImageInputsRun:
      return "unknown until its inputs are ready";
  }
  return "";
}

const char* name_of(Reason reason) {
  switch (reason) {
    case Reason::kComplete:
      return "complete";
    case Reason::kForced:
      return "forced";
    case Reason::kDependency:
      return "dependency_runs";
    case Reason::kNoChecks:
      return "no_checks";
    case Reason::kNeverCompleted:
      return "never_completed";
    case Reason::kUnfinished:
      return "unfinished";
    case Reason::kArguments:
      return "arguments_changed";
    case Reason::kDependencyRan:
      return "dependency_ran";
    case Reason::kChecks:
      return "checks_changed";
    case Reason::kImage:
      return "cache_hit";
    case Reason::kImageMissing:
      return "cache_miss";
    case Reason::kImageUnknown:
      return "cache_unavailable";
    case Reason::kImageUnasked:
      return "cache_skipped";
    case Reason::kImagePush:
      return "push";
    case Reason::kImageInputsRun:
      return "inputs_not_ready";
  }
  return "";
}

Decision decide(const task::TaskGraph& graph, task::TaskStates& states, task::TaskId id,
                const DecisionInputs& inputs) {
  const task::TaskRecord* record = inputs.record;
  // From the cheapest question to the dearest: checkers may hash a tree or call Python. The first reason is
  // the one told.
  if (inputs.forced) return {true, Reason::kForced, {}, {}};
  if (!inputs.running.empty()) return {true, Reason::kDependency, inputs.running, {}};
  if (states.checkers(id).empty()) return {true, Reason::kNoChecks, {}, {}};
  if (record != nullptr) {
    if (record->unfinished) return {true, Reason::kUnfinished, {}, {}};
    if (record->args != inputs.args) return {true, Reason::kArguments, {}, {}};
    if (auto names = ran_since(inputs); !names.empty()) {
      return {true, Reason::kDependencyRan, std::move(names), {}};
    }
  }
  return ask_checkers(graph, states, id, record);
}

}  // namespace ixian::plan
