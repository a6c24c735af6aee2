// What differs between the recorded state of a task and the present one, down to single files. A checker's
// details are compared before its state, which is but a hash of them. Only what runs is explained, and below
// it only what it waits for.
#include "plan/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "plan/wording.h"

namespace ixian::plan {
namespace {

std::string shorten(const base::Json& value) {
  constexpr std::size_t kLongest = 40;
  if (value.is_null()) return "nothing";
  return cut(value.is_string() ? value.get<std::string>() : base::canonical_json(value), kLongest);
}

// "100644 <hex>": a file's mode and content, as the file hasher writes them.
bool is_file_fact(const base::Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() == 6 + 1 + 64 && text[6] == ' ';
}

std::string file_change(const std::string& before, const std::string& now) {
  const bool is_link = before.starts_with("120000") || now.starts_with("120000");
  // The mode alone differs where the hash is the same; for a file that means the executable bit.
  if (is_link || before.substr(7) != now.substr(7)) return "changed";
  const bool executable = now.starts_with("100755");
  return executable ? "became executable" : "is no longer executable";
}

void compare(const std::string& name, const base::Json& before, const base::Json& now,
             std::vector<Change>& changes) {
  if (before == now) return;
  if (before.is_object() && now.is_object()) {
    auto nested = [&](const std::string& key) { return name.empty() ? key : name + "." + key; };
    for (const auto& [key, value] : before.items()) {
      if (now.contains(key)) {
        compare(nested(key), value, now[key], changes);
      } else {
        changes.push_back({nested(key), "removed"});
      }
    }
    for (const auto& [key, value] : now.items()) {
      if (!before.contains(key)) changes.push_back({nested(key), "added"});
    }
  } else if (is_file_fact(before) && is_file_fact(now)) {
    changes.push_back({name, file_change(before.get<std::string>(), now.get<std::string>())});
  } else {
    changes.push_back({name.empty() ? "state" : name, fmt::format("{} → {}", shorten(before), shorten(now))});
  }
}

std::vector<Change> checker_changes(task::Checker& checker, const base::Json& saved_state,
                                    const base::Json& saved_details) {
  const base::Json details = checker.details();
  if (!details.empty() || saved_details.is_object()) {
    auto changes = differences(saved_details.is_object() ? saved_details : base::Json::object(), details);
    if (!changes.empty()) return changes;
  }
  auto changes = differences(saved_state, checker.state());
  if (changes.empty()) changes.push_back({checker.id(), "does not pass its check"});
  return changes;
}

std::vector<Change> changes_of(const TaskStep& step, task::TaskStates& states, task::StateStore& store,
                               const TaskOptions& options, bool is_root) {
  std::vector<Change> changes;
  const auto record = store.load(step.name);
  if (step.decision.reason == Reason::kArguments && record) {
    const auto now = is_root ? options.args : std::vector<std::string>();
    changes.push_back(
        {"arguments", fmt::format("[{}] → [{}]", base::join(record->args, " "), base::join(now, " "))});
  }
  if (step.decision.reason == Reason::kDependencyRan) {
    for (const auto& name : step.decision.because) changes.push_back({name, "ran since"});
  }
  if (step.decision.reason == Reason::kChecks && record) {
    const base::Json details = store.load_details(step.name);
    for (const auto& checker : states.checkers(step.id)) {
      const std::string id = checker->id();
      const auto& failing = step.decision.because;
      if (std::find(failing.begin(), failing.end(), id) == failing.end()) continue;
      auto found =
          checker_changes(*checker, record->checks.value(id, base::Json()), details.value(id, base::Json()));
      changes.insert(changes.end(), found.begin(), found.end());
    }
  }
  return changes;
}

}  // namespace

std::vector<Change> differences(const base::Json& before, const base::Json& now) {
  std::vector<Change> changes;
  compare("", before, now, changes);
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.what < b.what; });
  return changes;
}

std::vector<Explanation> explain(const TaskPlan& plan, const task::TaskGraph& graph, task::TaskStates& states,
                                 task::StateStore& store, const TaskOptions& options) {
  std::unordered_set<task::TaskId> runs;
  for (const auto& step : plan.steps) {
    if (step.decision.runs) runs.insert(step.id);
  }
  std::unordered_set<task::TaskId> wanted{plan.steps.back().id};
  std::vector<Explanation> explanations;
  for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
    // From the asked one down: whoever waits for a task stands behind it in the plan.
    if (!wanted.contains(step->id) || !step->decision.runs) continue;
    Explanation explanation{step->name, step->decision, {}, {}};
    explanation.changes = changes_of(*step, states, store, options, step == plan.steps.rbegin());
    for (task::TaskId dependency : graph.dependencies(step->id)) {
      if (!runs.contains(dependency)) continue;
      explanation.dependencies.push_back(graph[dependency].name);
      wanted.insert(dependency);
    }
    explanations.push_back(std::move(explanation));
  }
  return explanations;
}

base::Json to_json(const std::vector<Explanation>& explanations) {
  base::Json list = base::Json::array();
  for (const auto& explanation : explanations) {
    base::Json changes = base::Json::array();
    for (const auto& change : explanation.changes) {
      changes.push_back({{"what", change.what}, {"how", change.how}});
    }
    list.push_back({{"task", explanation.task},
                    {"why", describe(explanation.decision)},
                    {"reason", name_of(explanation.decision.reason)},
                    {"changes", std::move(changes)},
                    {"dependencies", explanation.dependencies}});
  }
  return list;
}

}  // namespace ixian::plan
