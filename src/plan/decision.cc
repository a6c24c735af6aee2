#include "plan/decision.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace ixian::plan {
namespace {

std::string enumerate(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  const auto count = static_cast<std::ptrdiff_t>(std::min(kShown, names.size()));
  const std::vector<std::string> shown(names.begin(), names.begin() + count);
  std::string text = base::join(shown, ", ");
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

// "FileHash:src/,setup.py" → "src/,setup.py", not too long.
std::string subject_of(const std::string& checker_id) {
  constexpr std::size_t kLongest = 60;
  const auto colon = checker_id.find(':');
  std::string subject = colon == std::string::npos ? checker_id : checker_id.substr(colon + 1);
  if (subject.size() > kLongest) subject = subject.substr(0, subject.rfind(',', kLongest)) + ", …";
  return subject;
}

// The dependencies whose last success is a later one than this task was made with.
std::vector<std::string> ran_since(const Situation& situation) {
  std::vector<std::string> names;
  for (const auto& [name, run] : situation.dependency_runs) {
    auto known = situation.record->depends.find(name);
    if (known == situation.record->depends.end() || known->second != run) names.push_back(name);
  }
  return names;
}

// The ids of the checkers that do not pass.
std::vector<std::string> failing_checks(const task::TaskGraph& graph, task::TaskStates& states,
                                        task::TaskId id, const task::TaskRecord* record) {
  std::vector<std::string> failing;
  for (const auto& checker : states.checkers(id)) {
    try {
      const std::string name = checker->id();
      const base::Json* saved = nullptr;
      if (record != nullptr) {
        auto found = record->checks.find(name);
        if (found != record->checks.end()) saved = &*found;
      }
      if (!checker->check(saved)) failing.push_back(name);
    } catch (const base::Error& error) {
      throw base::Error(error.code(),
                        fmt::format("Cannot tell whether {} is complete: {}", graph[id].name, error.message()),
                        error.context());
    }
  }
  return failing;
}

}  // namespace

std::string describe(const Decision& decision) {
  switch (decision.reason) {
    case Reason::kComplete:
      return decision.runs ? "" : "up to date";
    case Reason::kForced:
      return "forced";
    case Reason::kDependency:
      return fmt::format("{} {}", enumerate(decision.because), decision.because.size() == 1 ? "runs" : "run");
    case Reason::kNoChecks:
      return "it has no checks";
    case Reason::kNeverCompleted:
      return "it has not been completed here";
    case Reason::kArguments:
      return "its arguments changed";
    case Reason::kDependencyRan:
      return fmt::format("{} ran since", enumerate(decision.because));
    case Reason::kChecks: {
      std::vector<std::string> subjects;
      for (const auto& id : decision.because) subjects.push_back(subject_of(id));
      return fmt::format("{} changed", enumerate(subjects));
    }
  }
  return "";
}

Decision decide(const task::TaskGraph& graph, task::TaskStates& states, task::TaskId id,
                const Situation& situation) {
  const task::TaskRecord* record = situation.record;
  if (situation.forced) return {true, Reason::kForced, {}};
  if (!situation.running.empty()) return {true, Reason::kDependency, situation.running};
  if (states.checkers(id).empty()) return {true, Reason::kNoChecks, {}};
  if (record != nullptr) {
    if (record->args != situation.args) return {true, Reason::kArguments, {}};
    if (auto names = ran_since(situation); !names.empty()) {
      return {true, Reason::kDependencyRan, std::move(names)};
    }
  }
  if (auto failing = failing_checks(graph, states, id, record); !failing.empty()) {
    return {true, record == nullptr ? Reason::kNeverCompleted : Reason::kChecks, std::move(failing)};
  }
  return {};
}

}  // namespace ixian::plan
