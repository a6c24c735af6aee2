// Stages on their way to their keys: what their Dockerfiles say, those below read before those that stand on
// them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "keys/context_inputs.h"
#include "keys/dockerfile_inputs.h"
#include "keys/stage_key.h"

namespace ixian::keys {

struct LoadedStage {
  std::shared_ptr<ResolvedStage> keyed;  // without its key until `done`
  std::string platform;
  DockerfileInputs inputs;          // once `done`, without what points into `keyed`
  std::vector<task::TaskId> needs;  // whose keys this one's holds
  ContextInputs context;
  bool done = false;

  // Whether the argument makes a difference, and no declared value hides it.
  bool stands_for_stage(const task::StageArgument& argument) const;
};

// Not thread-safe. May be asked for another stage by the task that declares one.
class StageLoader {
 public:
  // `facts_of_base` as in dockerfile_inputs(). `failed` is told of a stage whose Dockerfile cannot be read.
  StageLoader(const task::TaskGraph& graph, FactsOfBase facts_of_base,
              std::function<void(const LoadedStage&)> failed, const base::Cancellation& cancellation)
      : graph_(graph),
        facts_of_base_(std::move(facts_of_base)),
        failed_(std::move(failed)),
        cancellation_(cancellation) {}

  // Reads what has not been read. Throws StageError, also for stages that need each other.
  void read(task::TaskId id);

  // Takes what was read of these Dockerfiles away, so that read() reads them again: more is known of bases
  // now.
  void read_again(const std::vector<task::TaskId>& ids);

  // What has been read.
  LoadedStage& at(task::TaskId id) { return *drafts_.at(id); }
  const LoadedStage* find(task::TaskId id) const;  // null: it has not been

  task::TaskId task_of(const task::StageArgument& argument) const;

  // Takes all away.
  std::vector<std::shared_ptr<ResolvedStage>> forget();

 private:
  struct Reading {
    explicit Reading(task::TaskId task = task::TaskGraph::kNone) : id(task) {}
    task::TaskId id;
    std::unique_ptr<LoadedStage> draft;
  };

  std::optional<task::TaskId> read_on(task::TaskId id);
  std::optional<task::TaskId> read_or_tell(task::TaskId id);
  std::unique_ptr<LoadedStage> declared(task::TaskId id);
  void add_needs(LoadedStage& draft) const;
  [[noreturn]] void fail_ring(task::TaskId again) const;

  const task::TaskGraph& graph_;
  const FactsOfBase facts_of_base_;
  const std::function<void(const LoadedStage&)> failed_;
  const base::Cancellation& cancellation_;
  std::map<task::TaskId, std::unique_ptr<LoadedStage>> drafts_;
  std::map<task::TaskId, std::unique_ptr<LoadedStage>> unread_;  // declared, and to be read again
  std::vector<Reading> reading_;                                 // each needs the next
};

// An Error that already says whose image it is about.
class StageError : public base::Error {
 public:
  StageError(const std::string& task, const base::Error& error);
};

// What `body` gives; an Error that it throws comes as one of the task's image.
template <typename Body>
auto with_stage_name(const std::string& task, const Body& body) {
  try {
    return body();
  } catch (const StageError&) {
    throw;
  } catch (const base::Error& error) {
    throw StageError(task, error);
  }
}

}  // namespace ixian::keys
