// One stage of a build, from its base to its last instruction.
#pragma once

#include <map>
#include <string>

#include "cache/key_lock.h"
#include "embedded/outcome_writer.h"
#include "embedded/solver.h"

namespace ixian::embedded {

// Used by one thread.
// Invariant: `state_` is what the instructions before the current one have come to, with every layer either
// written or handed to the writer.
class StageBuilder {
 public:
  StageBuilder(Solver& build, const steps::StagePlan& plan);
  ~StageBuilder();

  snapshot::StageSnapshot run();

 private:
  void begin();
  std::size_t take_from_cache();
  void say_cached(std::size_t steps, const std::string& place) const;
  void check_runs(std::size_t first);
  executor::RunInput run_input() const;
  void start_origins(std::size_t first);
  void run_step(std::size_t index);
  bool take(const std::string& key, std::size_t index);
  bool take_from_registry(const std::string& key, std::size_t index);
  void execute(std::size_t index, base::ActivityId activity, const std::string& key, cache::KeyLock lock);
  void run_command(const steps::Step& step, base::ActivityId activity);
  void write_files(const steps::Step& step);
  base::Json content_origins(const steps::Step& step);
  base::Json mounted(const steps::Step& step, std::size_t index);
  const snapshot::LayerStack& origin_layers(const stages::InputRef& origin);
  void note_taken(std::size_t stage, const snapshot::StageSnapshot& other);
  void finish_outcomes(bool throw_errors);

  Solver& build_;
  const steps::StagePlan& plan_;
  snapshot::StageSnapshot state_;
  const snapshot::LayerStack base_layers_;  // of the base image that the stage stands on in the end
  executor::CopyInput copy_input_;          // of the step that runs
  std::map<std::size_t, snapshot::StageSnapshot> others_;  // stages that this one takes from
  std::map<std::string, std::string> took_;  // as in StageSnapshot, of what this one has waited for
  OutcomeWriter outcomes_;
};

}  // namespace ixian::embedded
