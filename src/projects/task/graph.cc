// Edges are numbers, and names are looked up once. What a task depends on and is not there is only marked
// here, since a project with one bad task must still run the others.
#include "task/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"

namespace ixian::task {
namespace {

// "deploy (ixian.py:12)"
std::string with_source(const Task& task) {
  return task.source.empty() ? task.name : fmt::format("{} ({})", task.name, task.source);
}

std::vector<std::string> names_of(const std::vector<Task>& tasks) {
  std::vector<std::string> names;
  for (const auto& task : tasks) {
    if (task.in_context) names.push_back(task.name);
  }
  return names;
}

}  // namespace

TaskGraph::TaskGraph(std::vector<Task> tasks) : tasks_(std::move(tasks)) {
  index_.reserve(tasks_.size());
  // Of two tasks with one name the first is found.
  for (TaskId id = 0; id < tasks_.size(); ++id) index_.try_emplace(tasks_[id].name, id);
  edges_.resize(tasks_.size());
  has_unknown_.resize(tasks_.size());
  std::unordered_set<TaskId> seen;
  for (TaskId id = 0; id < tasks_.size(); ++id) {
    seen.clear();
    for (const auto& name : tasks_[id].depends) {
      const TaskId dependency = find(name);
      if (dependency == kNone) {
        has_unknown_[id] = true;
      } else if (seen.insert(dependency).second) {
        edges_[id].push_back(dependency);
      }
    }
  }
}

TaskId TaskGraph::find(std::string_view name) const {
  auto found = index_.find(name);
  return found == index_.end() ? kNone : found->second;
}

TaskId TaskGraph::require(std::string_view name) const {
  const TaskId id = find(name);
  if (id == kNone) {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("unknown task: {}{}\nhint: list tasks with `ix help`",
                                  base::shell_quote(name), base::did_you_mean(name, names_of(tasks_))));
  }
  // It is there, and is not to be found under a similar name.
  if (!tasks_[id].in_context) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format(
            "task {} is not for this RUN_CONTEXT\nhint: set CONFIG.RUN_CONTEXT to one of its `contexts`",
            name));
  }
  return id;
}

// Depth first with a stack of its own: chains of tasks may be longer than the thread's stack is deep.
std::vector<TaskId> TaskGraph::order(TaskId root) const {
  enum class Mark : unsigned char { kNew, kOpen, kDone };
  struct Frame {
    TaskId id;
    std::size_t next;
  };
  std::vector<Mark> marks(tasks_.size(), Mark::kNew);
  std::vector<TaskId> result;
  std::vector<Frame> stack{{root, 0}};
  marks[root] = Mark::kOpen;
  while (!stack.empty()) {
    auto& frame = stack.back();
    if (has_unknown_[frame.id]) fail_unknown(frame.id);
    if (frame.next == edges_[frame.id].size()) {
      marks[frame.id] = Mark::kDone;
      result.push_back(frame.id);
      stack.pop_back();
      continue;
    }
    const TaskId dependency = edges_[frame.id][frame.next++];
    // What is open stands on the stack: the way from it to here is the ring.
    if (marks[dependency] == Mark::kOpen) {
      std::vector<TaskId> path;
      for (const auto& open : stack) path.push_back(open.id);
      fail_ring(path, dependency);
    }
    if (marks[dependency] == Mark::kNew) {
      marks[dependency] = Mark::kOpen;
      stack.push_back({dependency, 0});
    }
  }
  return result;
}

void TaskGraph::fail_unknown(TaskId asker) const {
  const auto& depends = tasks_[asker].depends;
  auto unknown =
      std::find_if(depends.begin(), depends.end(), [this](const auto& name) { return find(name) == kNone; });
  throw base::Error(base::ErrorCode::kProject,
                    fmt::format("task {} depends on an unknown task: {}{}", with_source(tasks_[asker]),
                                base::shell_quote(*unknown), base::did_you_mean(*unknown, names_of(tasks_))));
}

void TaskGraph::fail_ring(const std::vector<TaskId>& path, TaskId again) const {
  constexpr std::size_t kShown = 20;
  auto start = std::find(path.begin(), path.end(), again);
  const auto length = static_cast<std::size_t>(path.end() - start);
  std::string ring;
  for (std::size_t i = 0; i < length; ++i) {
    if (i == kShown) {
      ring += fmt::format("… {} more … → ", length - i);
      break;
    }
    ring += tasks_[start[static_cast<std::ptrdiff_t>(i)]].name + " → ";
  }
  ring += tasks_[again].name;
  throw base::Error(
      base::ErrorCode::kProject, fmt::format("dependency cycle: {}", ring),
      tasks_[again].source.empty() ? "" : fmt::format("note: it starts at {}", with_source(tasks_[again])));
}

}  // namespace ixian::task
