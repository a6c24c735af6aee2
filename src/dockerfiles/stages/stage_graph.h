// Which stages and images a stage takes from, and which stages a target therefore needs.
//
// The front door of this room: what a parsed Dockerfile means for one target. A StageGraph says which stages
// and images that needs, a StageScope (scope.h) which value a variable has where, lint() (lint.h) what is
// probably not meant. Nothing is read but the text.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dockerfile/dockerfile.h"
#include "stages/named_context.h"
#include "stages/scope.h"

namespace ixian::stages {

struct FromStage {
  std::size_t index;
  friend bool operator==(const FromStage&, const FromStage&) = default;
};
struct FromImage {
  std::string name;  // as written, variables replaced; not checked to be a reference
  friend bool operator==(const FromImage&, const FromImage&) = default;
};
struct FromScratch {
  friend bool operator==(const FromScratch&, const FromScratch&) = default;
};
struct FromContext {
  std::string name{};  // of a named one; "" is the build's own
  friend bool operator==(const FromContext&, const FromContext&) = default;
};
// Where a base, a COPY --from or a mount's from comes from.
using InputRef = std::variant<FromStage, FromImage, FromScratch, FromContext>;

// An instruction of a stage, with what its positions refer to: the Dockerfile, or the ONBUILD of an image.
struct StageInstruction {
  dockerfile::Instruction instruction;
  base::SourcePtr source;
  bool from_trigger = false;
  std::vector<InputRef> origins;  // COPY: one, of its --from. RUN: one for each mount, in order. Else none.
};

struct StageNode {
  InputRef base;
  std::string platform;                 // --platform, variables replaced; "" is none
  base::Position at;                    // of the base, for errors about it
  std::vector<StageInstruction> steps;  // the triggers of the base first
};

// The stages with their names resolved. A name is that of the nearest stage above, case does not matter; a
// name of FROM that only stands below is an image's, one of --from is an error, since Docker never runs a
// stage out of order. So there are no rings. `--from` may be a stage's number. Not thread-safe while a
// trigger is added.
class StageGraph {
 public:
  // Applies the ONBUILD triggers of stages to the stages that stand on them. What `named` has goes before
  // stages and images of that name; a stage that is called so is replaced by it. Throws Error.
  StageGraph(const dockerfile::Dockerfile& file, const GlobalScope& global,
             const std::vector<NamedContext>& named = {});

  // The stages of the file; behind them a stage for each named directory, which consists of its files.
  const std::vector<StageNode>& nodes() const { return nodes_; }

  // The stage of that name or number, the last one for "". Throws Error{kUsage} that names the stages.
  std::size_t target(std::string_view name) const;

  // The target and all stages that it takes from, directly or not: named directories, then stages in the
  // order of the file.
  std::vector<std::size_t> needed(std::size_t target) const;

  // The images that these stages name, without scratch, once each, in order.
  std::vector<std::string> images(const std::vector<std::size_t>& stages) const;

  // Puts the triggers of a base image's configuration before the stage's own instructions. They may name
  // further stages above and images: ask needed() and images() again. Throws Error, then nothing is changed.
  void add_triggers(std::size_t stage, const std::vector<std::string>& triggers);

  // How to call a stage: its name, else "stage-N" by its index.
  std::string label(std::size_t stage) const;

 private:
  InputRef origin_of(const base::Word& from, std::size_t stage, const base::Source& source) const;
  std::optional<std::size_t> find_above(std::string_view name, std::size_t stage) const;
  std::optional<InputRef> find_named(std::string_view name) const;
  void add_named(const std::vector<NamedContext>& named);
  StageInstruction step_of(dockerfile::Instruction instruction, base::SourcePtr source, std::size_t stage,
                           bool from_trigger) const;

  std::vector<std::string> names_;
  std::size_t of_file_ = 0;  // so many nodes are stages of the file
  std::map<std::string, InputRef, std::less<>> named_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> places_;  // of each name, upwards
  std::size_t trigger_steps_ = 0;
  std::vector<StageNode> nodes_;
};

}  // namespace ixian::stages
