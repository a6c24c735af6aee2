// An ARG of a stage is always among the parameters of it. One before the first FROM is where a FROM uses it,
// or where a stage declares it without a value of its own; then its comment is the one that counts.
#include "stages/outline.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <variant>

#include "stages/stage_graph.h"

namespace ixian::stages {
namespace {

std::string description_of(const std::vector<std::string>& names, const std::vector<std::string>& comments) {
  for (const std::string& comment : comments) {
    for (const std::string& name : names) {
      if (!name.empty() && comment.starts_with(name + " ")) return comment.substr(name.size() + 1);
    }
  }
  return "";
}

std::string description_of(const dockerfile::Stage& stage) {
  return description_of({stage.name, stage.written_name}, stage.comments);
}

template <typename Listed>
void sort_by_place(std::vector<Listed>& all) {
  std::stable_sort(all.begin(), all.end(),
                   [](const Listed& a, const Listed& b) { return a.where.begin < b.where.begin; });
}

class Outliner {
 public:
  Outliner(const dockerfile::Dockerfile& file, const GlobalScope& global)
      : file_(file), global_(global), graph_(file, global) {
    for (const dockerfile::Instruction& each : file.global_args) add_global(each);
  }

  Outline of(const std::string& name) {
    const std::size_t target = graph_.target(name);
    const dockerfile::Stage& stage = file_.stages.at(target);
    outline_.name = stage.name;
    outline_.description = description_of(stage);
    // Upwards in the file a stage comes after all that it takes from; the target's own words count first.
    for (const std::size_t index : graph_.needed(target)) look(index);
    tell(target);
    sort_by_place(outline_.arguments);
    for (auto* mounts : {&outline_.secrets, &outline_.ssh, &outline_.caches}) sort_by_place(*mounts);
    return std::move(outline_);
  }

 private:
  struct Known {
    Outline::Argument argument;
    std::set<std::string> uses;  // global ARGs that its default is made of
  };
  struct StageParameters {
    std::map<std::string, Outline::Argument> own;
    std::set<std::string> used;  // global ARGs
    std::vector<std::pair<dockerfile::MountKind, Outline::Mount>> mounts;
  };

  void add_global(const dockerfile::Instruction& instruction) {
    for (const auto& each : std::get<dockerfile::Arg>(instruction.body).declarations) {
      const std::string& name = each.name.text;
      Known known{{name, global_.value(name).value_or(""), description_of({name}, instruction.comments),
                   instruction.where},
                  {}};
      if (each.value && !global_.options().build_args.contains(name))
        known.uses = global_.expand(*each.value).found;
      globals_.insert_or_assign(name, std::move(known));
    }
  }

  void look(std::size_t index) {
    const dockerfile::Stage& stage = file_.stages.at(index);
    const StageNode& node = graph_.nodes()[index];
    StageParameters& parameters = stages_[index];
    for (const base::Word* word : {&stage.base, &stage.platform}) {
      const auto found = global_.expand(*word).found;
      parameters.used.insert(found.begin(), found.end());
    }
    std::optional<StageScope> scope;
    if (const auto* from = std::get_if<FromStage>(&node.base)) scope = scopes_.at(from->index);
    if (!scope) scope.emplace(global_, std::vector<std::string>());
    for (const StageInstruction& step : node.steps) {
      const dockerfile::Instruction resolved = scope->resolve(step.instruction, step.source).instruction;
      if (const auto* arg = std::get_if<dockerfile::Arg>(&resolved.body))
        add_arguments(parameters, std::get<dockerfile::Arg>(step.instruction.body), *arg, resolved);
      if (const auto* run = std::get_if<dockerfile::Run>(&resolved.body)) {
        for (const dockerfile::Mount& mount : run->mounts)
          parameters.mounts.push_back({mount.kind, {mount.id, mount.required, resolved.where}});
      }
    }
    scopes_.emplace(index, *std::move(scope));
  }

  void add_arguments(StageParameters& parameters, const dockerfile::Arg& written,
                     const dockerfile::Arg& resolved, const dockerfile::Instruction& instruction) const {
    for (std::size_t i = 0; i < resolved.declarations.size(); ++i) {
      const std::string& name = resolved.declarations[i].name.text;
      const bool given = global_.options().build_args.contains(name);
      const bool inherits = !written.declarations[i].value &&
                            (globals_.contains(name) || (!given && global_.value(name).has_value()));
      if (inherits) {
        parameters.used.insert(name);
        continue;
      }
      const auto& value = resolved.declarations[i].value;
      parameters.own.insert_or_assign(
          name, Outline::Argument{name, value ? value->text : "",
                                  description_of({name}, instruction.comments), instruction.where});
    }
  }

  // The stage, then what it stands on, then what it takes from: of each name the first.
  void tell(std::size_t index) {
    if (!told_.insert(index).second) return;
    const StageParameters& parameters = stages_.at(index);
    for (const auto& [name, argument] : parameters.own) tell_argument(argument);
    for (const std::string& name : parameters.used) tell_global(name);
    for (const auto& [kind, mount] : parameters.mounts) {
      if (kind == dockerfile::MountKind::kSecret) tell_mount(outline_.secrets, mount);
      if (kind == dockerfile::MountKind::kSsh) tell_mount(outline_.ssh, mount);
      if (kind == dockerfile::MountKind::kCache) tell_mount(outline_.caches, mount);
    }
    const StageNode& node = graph_.nodes()[index];
    if (const auto* from = std::get_if<FromStage>(&node.base)) tell(from->index);
    for (const StageInstruction& step : node.steps) {
      for (const InputRef& origin : step.origins) {
        if (const auto* from = std::get_if<FromStage>(&origin)) tell(from->index);
      }
    }
  }

  void tell_argument(const Outline::Argument& argument) {
    if (names_.insert(argument.name).second) outline_.arguments.push_back(argument);
  }

  void tell_global(const std::string& name) {
    const auto known = globals_.find(name);
    if (known == globals_.end() || names_.contains(name)) return;  // an automatic one, TARGETARCH for one
    tell_argument(known->second.argument);
    for (const std::string& other : known->second.uses) tell_global(other);
  }

  static void tell_mount(std::vector<Outline::Mount>& all, const Outline::Mount& mount) {
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const Outline::Mount& each) { return each.id == mount.id; });
    if (known == all.end()) {
      all.push_back(mount);
    } else {
      known->required = known->required || mount.required;
    }
  }

  const dockerfile::Dockerfile& file_;
  const GlobalScope& global_;
  const StageGraph graph_;
  std::map<std::string, Known> globals_;
  std::map<std::size_t, StageParameters> stages_;
  std::map<std::size_t, StageScope> scopes_;
  std::set<std::size_t> told_;
  std::set<std::string> names_;
  Outline outline_;
};

}  // namespace

std::vector<ListedTarget> list_targets(const dockerfile::Dockerfile& file) {
  std::vector<ListedTarget> all;
  for (const dockerfile::Stage& stage : file.stages) {
    all.push_back({stage.name, stage.index + 1 == file.stages.size(), description_of(stage), stage.base.text,
                   stage.platform.text, stage.where});
  }
  return all;
}

Outline outline(const dockerfile::Dockerfile& file, const GlobalScope& global, const std::string& target) {
  return Outliner(file, global).of(target);
}

}  // namespace ixian::stages
