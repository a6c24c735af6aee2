// What the words after FROM and in --from mean: of several stages of one name the last above, else a number,
// else an image. Names are compared in lower case. Stages only take from above, so a file has no rings and
// its order is an order to build in.
//
// Triggers come in front of a stage's own instructions. Those of a stage in the same file are known at once;
// those of an image only when its config is, so whoever reads configs adds them, and they may name further
// images.
#include "stages/stage_graph.h"

#include <algorithm>
#include <set>

#include "base/characters.h"
#include "base/text.h"
#include "dockerfile/go_values.h"

namespace ixian::stages {
namespace {

constexpr std::string_view kScratch = "scratch";
constexpr std::size_t kMostNamesShown = 20;
constexpr std::size_t kMostTriggerSteps = 10000;

// Puts a backslash before each of `special`.
std::string with_backslashes(std::string_view text, std::string_view special) {
  std::string escaped;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// Files belong to root, as those of a context do. The URL means what it says: first the word, in which a
// Dockerfile would see variables and quotes, then that as JSON.
std::string add_instruction(const std::string& url) {
  const std::string word = with_backslashes(with_backslashes(url, "\\$\"'"), "\\\"");
  return "ADD --chown=0:0 --unpack=true [\"" + word + "\", \"/\"]";
}

}  // namespace

StageGraph::StageGraph(const dockerfile::Dockerfile& file, const GlobalScope& global,
                       const std::vector<NamedContext>& named)
    : of_file_(file.stages.size()) {
  // Known before the stages that refer to them, whose numbers they are behind.
  std::size_t next = of_file_;
  for (const NamedContext& each : named) {
    if (each.image.empty()) {
      named_.insert_or_assign(context_name(each.name), FromStage{next++});
    } else {
      named_.insert_or_assign(context_name(each.name), FromImage{each.image});
    }
  }
  for (const dockerfile::Stage& stage : file.stages) {
    names_.push_back(stage.name);
    if (!stage.name.empty()) places_[stage.name].push_back(stage.index);
  }
  for (const dockerfile::Stage& stage : file.stages) {
    StageNode node;
    node.at = stage.base.at;
    const std::string base = global.expand(stage.base).text;
    if (base.empty()) {
      throw file.source->error(
          stage.base.at,
          "base image \"" + base::shown(stage.base.text) +
              "\" is empty\nhint: give its ARG a default before the first FROM, or a value with --build-arg");
    }
    const auto replaced = stage.name.empty() ? std::nullopt : find_named(stage.name);
    if (replaced) {
      node.base = *replaced;
    } else if (const auto named_base = find_named(base)) {
      node.base = *named_base;
    } else if (const auto above = find_above(base, stage.index)) {
      node.base = FromStage{*above};
    } else if (base == kScratch) {
      node.base = FromScratch{};
    } else {
      node.base = FromImage{base};
    }
    if (!stage.platform.empty()) {
      node.platform = global.expand(stage.platform).text;
      if (node.platform.empty()) {
        throw file.source->error(stage.platform.at,
                                 "platform \"" + base::shown(stage.platform.text) + "\" is empty");
      }
    }
    if (replaced) {
      nodes_.push_back(std::move(node));
      continue;
    }
    for (const dockerfile::Instruction& instruction : stage.instructions) {
      node.steps.push_back(step_of(instruction, file.source, stage.index, false));
    }
    nodes_.push_back(std::move(node));
    // Those of a stage in the same file are known already.
    const auto* base_stage = std::get_if<FromStage>(&nodes_.back().base);
    if (base_stage != nullptr && base_stage->index < stage.index) {
      std::vector<std::string> triggers;
      for (const dockerfile::Instruction& instruction : file.stages[base_stage->index].instructions) {
        if (const auto* on_build = std::get_if<dockerfile::OnBuild>(&instruction.body))
          triggers.push_back(on_build->trigger);
      }
      add_triggers(stage.index, triggers);
    }
  }
  add_named(named);
}

std::optional<InputRef> StageGraph::find_named(std::string_view name) const {
  if (named_.empty()) return std::nullopt;
  const auto found = named_.find(context_name(name));
  return found == named_.end() ? std::nullopt : std::optional(found->second);
}

// As if the file began with FROM scratch, COPY . /, of another context, or an ADD of what is elsewhere.
void StageGraph::add_named(const std::vector<NamedContext>& named) {
  for (const NamedContext& each : named) {
    if (!each.image.empty()) continue;
    const std::string text = each.remote.empty() ? "COPY . /" : add_instruction(each.remote);
    dockerfile::Trigger trigger = dockerfile::parse_trigger(text, "build context " + base::shown(each.name));
    StageInstruction step =
        step_of(std::move(trigger.instruction), std::move(trigger.source), nodes_.size(), false);
    if (each.remote.empty()) step.origins = {FromContext{each.name}};
    StageNode node;
    node.base = FromScratch{};
    node.steps.push_back(std::move(step));
    nodes_.push_back(std::move(node));
    names_.push_back(context_name(each.name));
  }
}

std::optional<std::size_t> StageGraph::find_above(std::string_view name, std::size_t stage) const {
  const auto found = places_.find(base::to_lower(name));
  if (found == places_.end()) return std::nullopt;
  const auto after = std::lower_bound(found->second.begin(), found->second.end(), stage);
  if (after == found->second.begin()) return std::nullopt;
  return *(after - 1);
}

InputRef StageGraph::origin_of(const base::Word& from, std::size_t stage, const base::Source& source) const {
  if (from.empty()) return FromContext{};
  if (auto named = find_named(from.text)) return *std::move(named);
  if (const auto number = dockerfile::parse_number(from.text, 10)) {
    if (*number >= stage) {
      throw source.error(from.at,
                         "stage number " + from.text + " not found before this stage; the first is 0");
    }
    return FromStage{*number};
  }
  if (const auto above = find_above(from.text, stage)) return FromStage{*above};
  const std::string lower = base::to_lower(from.text);
  if (const auto found = places_.find(lower); found != places_.end()) {
    // None stands above, so the first is this one or below it.
    throw source.error(from.at,
                       found->second.front() == stage
                           ? "a stage cannot copy from itself"
                           : "stage \"" + base::shown(from.text) +
                                 "\" is defined after its first use\nhint: move it before this stage");
  }
  if (lower == kScratch) return FromScratch{};
  return FromImage{from.text};
}

StageInstruction StageGraph::step_of(dockerfile::Instruction instruction, base::SourcePtr source,
                                     std::size_t stage, bool from_trigger) const {
  StageInstruction step{std::move(instruction), std::move(source), from_trigger, {}};
  if (const auto* copy = std::get_if<dockerfile::Copy>(&step.instruction.body)) {
    step.origins.push_back(origin_of(copy->from, stage, *step.source));
  } else if (const auto* run = std::get_if<dockerfile::Run>(&step.instruction.body)) {
    for (const base::Word& mount : run->mount_flags) {
      step.origins.push_back(
          origin_of({dockerfile::mount_from(mount, *step.source), mount.at}, stage, *step.source));
    }
  }
  return step;
}

void StageGraph::add_triggers(std::size_t stage, const std::vector<std::string>& triggers) {
  StageNode& node = nodes_.at(stage);
  std::string base = "the base image";
  if (const auto* image = std::get_if<FromImage>(&node.base)) base = base::shown(image->name);
  if (const auto* other = std::get_if<FromStage>(&node.base)) base = "stage " + label(other->index);
  std::vector<StageInstruction> steps;
  for (const std::string& text : triggers) {
    dockerfile::Trigger trigger = dockerfile::parse_trigger(text, "ONBUILD of " + base);
    steps.push_back(step_of(std::move(trigger.instruction), std::move(trigger.source), stage, true));
  }
  trigger_steps_ += steps.size();
  // A chain of stages may pass triggers on, each more than the one below.
  if (trigger_steps_ > kMostTriggerSteps) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      "more than 10000 ONBUILD instructions in this Dockerfile");
  }
  node.steps.insert(node.steps.begin(), std::make_move_iterator(steps.begin()),
                    std::make_move_iterator(steps.end()));
}

std::string StageGraph::label(std::size_t stage) const {
  return names_.at(stage).empty() ? "stage-" + std::to_string(stage) : names_[stage];
}

std::size_t StageGraph::target(std::string_view name) const {
  if (name.empty()) return of_file_ - 1;
  const std::string lower = base::to_lower(name);
  // Of several stages with one name the last, as Docker takes it.
  if (const auto last = find_above(lower, of_file_)) return *last;
  if (const auto number = dockerfile::parse_number(name, 10); number && *number < of_file_) return *number;

  std::vector<std::string> names;
  for (std::size_t i = 0; i < of_file_; ++i) {
    const std::string& known = names_[i];
    if (!known.empty() && std::find(names.begin(), names.end(), known) == names.end()) names.push_back(known);
    if (names.size() == kMostNamesShown) break;
  }
  std::string list;
  for (const std::string& each : names)
    list += (list.empty() ? "\nhint: stages: " : ", ") + base::shown(each);
  throw base::Error(base::ErrorCode::kUsage, "target stage \"" + base::shown(name) + "\" not found" +
                                                 (names.empty() ? ": no stage has a name" : "") +
                                                 base::did_you_mean(lower, names) + list);
}

// Stages only take from stages above them, so one pass upwards is enough.
std::vector<std::size_t> StageGraph::needed(std::size_t target) const {
  std::vector<bool> marked(nodes_.size(), false);
  marked.at(target) = true;
  std::vector<std::size_t> result;
  const auto mark = [&](const InputRef& origin) {
    if (const auto* stage = std::get_if<FromStage>(&origin)) marked[stage->index] = true;
  };
  for (std::size_t i = target + 1; i-- > 0;) {
    if (!marked[i]) continue;
    result.push_back(i);
    mark(nodes_[i].base);
    for (const StageInstruction& step : nodes_[i].steps)
      std::for_each(step.origins.begin(), step.origins.end(), mark);
  }
  // Those take from no stage.
  for (std::size_t i = nodes_.size(); i-- > of_file_;) {
    if (marked[i]) result.push_back(i);
  }
  std::reverse(result.begin(), result.end());
  return result;
}

std::vector<std::string> StageGraph::images(const std::vector<std::size_t>& stages) const {
  std::vector<std::string> result;
  std::set<std::string> seen;
  const auto add = [&](const InputRef& origin) {
    const auto* image = std::get_if<FromImage>(&origin);
    if (image != nullptr && seen.insert(image->name).second) result.push_back(image->name);
  };
  for (const std::size_t stage : stages) {
    add(nodes_.at(stage).base);
    for (const StageInstruction& step : nodes_[stage].steps)
      std::for_each(step.origins.begin(), step.origins.end(), add);
  }
  return result;
}

}  // namespace ixian::stages
