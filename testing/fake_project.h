// A project in memory, with its saved state in a folder.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "plan/explain.h"
#include "plan/task_plan.h"
#include "testing/fake_checker.h"
#include "testing/recording_sink.h"

namespace ixian::testing {

// What one ix process has in its hands.
struct Session {
  Session(const std::vector<task::Task>& tasks, const std::string& folder)
      : graph(tasks), states(graph), store(folder) {}
  task::TaskGraph graph;
  task::TaskStates states;
  task::StateStore store;
};

// Tasks that note when they are executed. Two projects over one folder are two ix processes at once.
class FakeProject {
 public:
  using Body = std::function<void(const task::TaskCall&)>;

  explicit FakeProject(std::string folder) : folder_(std::move(folder)) {}

  task::Task& add(const std::string& name, std::vector<std::string> depends = {}, Body body = nullptr) {
    task::Task& task = add_virtual(name, std::move(depends));
    task.execute = [this, name, body = std::move(body)](const task::TaskCall& call) {
      note(name);
      if (body) body(call);
    };
    task.clean = [this, name] { note("clean " + name); };
    return task;
  }

  task::Task& add_virtual(const std::string& name, std::vector<std::string> depends) {
    task::Task task;
    task.name = name;
    task.depends = std::move(depends);
    tasks_.push_back(std::move(task));
    return tasks_.back();
  }

  // Gives the task that was added last a checker.
  FakeChecker& checked() {
    task::Task& task = tasks_.back();
    auto& own = checkers_[task.name];
    own.push_back(std::make_shared<FakeChecker>(1, "Fake:" + task.name + std::string(own.size(), '+')));
    task.make_checkers = [list = own] {
      return std::vector<std::shared_ptr<task::Checker>>(list.begin(), list.end());
    };
    return *own.back();
  }

  std::unique_ptr<Session> session() const { return std::make_unique<Session>(tasks_, folder_); }

  plan::TaskPlan plan(Session& session, const std::string& root,
                      const plan::TaskOptions& options = {}) const {
    return plan::make_plan(session.graph, session.states, session.store, session.graph.require(root),
                           options);
  }
  plan::Decision decision(const std::string& root, const plan::TaskOptions& options = {}) const {
    auto now = session();
    return plan(*now, root, options).steps.back().decision;
  }

  // Records a success without running anything.
  void record(const std::string& name, std::vector<std::string> args = {}) const {
    auto now = session();
    const auto id = now->graph.require(name);
    const plan::RunHistory runs(now->graph, now->graph.order(id), now->store);
    task::TaskRecord record;
    record.args = std::move(args);
    record.depends = runs.of_dependencies(id);
    base::Json details = base::Json::object();
    for (const auto& checker : now->states.checkers(id)) {
      record.checks[checker->id()] = checker->state();
      if (auto facts = checker->details(); !facts.empty()) details[checker->id()] = std::move(facts);
    }
    now->store.save(name, record, details);
  }

  void note(const std::string& what) {
    std::lock_guard lock(mutex_);
    notes_.push_back(what);
  }

  // What was executed and cleaned since the last call.
  std::vector<std::string> take_notes() {
    std::lock_guard lock(mutex_);
    return std::exchange(notes_, {});
  }

  const std::string& folder() const { return folder_; }

  RecordingSink sink;
  base::Cancellation cancellation;

 private:
  const std::string folder_;
  std::vector<task::Task> tasks_;
  std::map<std::string, std::vector<std::shared_ptr<FakeChecker>>> checkers_;
  std::mutex mutex_;
  std::vector<std::string> notes_;
};

}  // namespace ixian::testing
