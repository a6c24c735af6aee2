// A Dockerfile says FROM $BASE_IMAGE, and the value names a registry, which must not be in the key. So
// arguments that stand for stages get placeholders while the Dockerfile is read, which no image is called,
// and an image whose name comes out as such a placeholder is that stage's.
//
// What a build reads is found without building, from the instructions of the stages that the target needs.
// Where a word depends on what is not known (a variable of an image that is not there yet), more is assumed
// to be read, up to the whole context: a key that changes too often costs a build, one that changes too
// rarely gives a wrong image.
#include "keys/dockerfile_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "base/error.h"
#include "context/wildcard.h"
#include "dockerfile/expand_word.h"
#include "dockerfile/mount.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "stages/stage_graph.h"

namespace ixian::keys {
namespace {

using stages::FromContext;
using stages::FromImage;
using stages::FromScratch;
using stages::FromStage;

constexpr std::string_view kPlaceholder = "ixian.stage/";
constexpr char kEpochArgument[] = "SOURCE_DATE_EPOCH";

std::string placeholder_repository(const std::string& task) {
  return std::string(kPlaceholder) + task;
}

// Parts of an image's name must be told from text, too: both hold the mark.
std::string placeholder_tag(const std::string& task) {
  return fmt::format("{}{}/tag", kPlaceholder, task);
}

std::string placeholder_image(const std::string& task) {
  return placeholder_repository(task) + ":" + placeholder_tag(task);
}

std::string placeholder(const task::StageArgument& argument) {
  switch (argument.part) {
    case task::StageArgument::Part::kImage:
      return placeholder_image(argument.task);
    case task::StageArgument::Part::kRepository:
      return placeholder_repository(argument.task);
    case task::StageArgument::Part::kTag:
      return placeholder_tag(argument.task);
  }
  return "";
}

bool holds_placeholder(std::string_view value) {
  return value.find(kPlaceholder) != std::string_view::npos;
}

// Whether the word is a URL or a git repository, whatever its variables are.
bool is_remote_anyhow(std::string_view word) {
  const std::string_view begin = word.substr(0, word.find('$'));
  return begin.find("://") != std::string_view::npos || begin.starts_with("git@");
}

class InputsReader {
 public:
  InputsReader(const task::StageDeclaration& declared, const std::string& platform,
               const InputsOfStage& inputs_of, const FactsOfBase& facts_of)
      : declared_(declared),
        platform_(platform),
        inputs_of_(inputs_of),
        facts_of_(facts_of),
        file_(dockerfile::parse(declared.dockerfile, declared.dockerfile_name)),
        global_(file_, options_of(declared, platform)),
        graph_(file_, global_, named_contexts(declared)),
        target_(graph_.target(declared.target)) {}

  std::optional<DockerfileInputs> run() {
    if (!apply_triggers()) return std::nullopt;
    const std::vector<std::size_t> needed = graph_.needed(target_);
    for (const std::size_t index : needed) read_stage(index);
    const PartialScope& scope = scopes_.at(target_);
    inputs_.environment = scope.image_environment();
    for (const auto& step : graph_.nodes()[target_].steps) {
      if (const auto* on_build = std::get_if<dockerfile::OnBuild>(&step.instruction.body))
        inputs_.triggers.push_back(on_build->trigger);
    }
    if (declared_.build_args.contains(kEpochArgument)) inputs_.arguments.insert(kEpochArgument);
    inputs_.used.insert(inputs_.arguments.begin(), inputs_.arguments.end());
    inputs_.escape = file_.directives.escape;
    find_unused();
    return std::move(inputs_);
  }

 private:
  const task::StageArgument* stage_of(const std::string& image) const {
    return stage_named(declared_, image);
  }

  // Triggers may name further stages above and images. False where an image of the project is not known yet.
  bool apply_triggers() {
    std::set<std::size_t> looked_at;
    for (bool changed = true; changed;) {
      changed = false;
      for (const std::size_t index : graph_.needed(target_)) {
        if (!looked_at.insert(index).second) continue;
        changed = true;
        const auto* image = std::get_if<FromImage>(&graph_.nodes()[index].base);
        if (image == nullptr) continue;
        if (const task::StageArgument* stage = stage_of(image->name)) {
          const DockerfileInputs* known = inputs_of_(*stage);
          if (known == nullptr) return false;
          graph_.add_triggers(index, known->triggers);
        } else if (const BaseFacts* facts = facts_of_base(image->name, index)) {
          graph_.add_triggers(index, facts->triggers);
        }
      }
    }
    return true;
  }

  // Null for one whose name is not known before the images of the project are.
  const BaseFacts* facts_of_base(const std::string& name, std::size_t index) const {
    return holds_placeholder(name) ? nullptr : facts_of_(name, platform_of(index));
  }

  std::string platform_of(std::size_t index) const {
    const std::string& own = graph_.nodes()[index].platform;
    if (!own.empty() && !std::holds_alternative<FromScratch>(graph_.nodes()[index].base))
      return oci::parse_platform(own).text();
    if (const auto* stage = std::get_if<FromStage>(&graph_.nodes()[index].base))
      return platform_of(stage->index);
    return platform_;
  }

  void read_stage(std::size_t index) {
    const stages::StageNode& node = graph_.nodes()[index];
    if (index < file_.stages.size()) {  // not one that stands for a named context
      use_global_words(file_.stages[index].base);
      use_global_words(file_.stages[index].platform);
    }
    std::optional<PartialScope> scope;
    if (const auto* stage = std::get_if<FromStage>(&node.base)) {
      scope = scopes_.at(stage->index);
    } else {
      scope.emplace(global_, base_environment(node, index), holds_placeholder);
    }
    DockerfileInputs::Stage stage{index, node.base, platform_of(index), node.at, {}};
    for (const stages::StageInstruction& step : node.steps) {
      read_step(step, *scope);
      stage.steps.push_back(without_defaults(step));
    }
    inputs_.stages.push_back(std::move(stage));
    scopes_.emplace(index, std::move(*scope));
  }

  // The default of an ARG that is given a value makes no difference.
  stages::StageInstruction without_defaults(stages::StageInstruction step) const {
    if (auto* arg = std::get_if<dockerfile::Arg>(&step.instruction.body)) {
      for (auto& declaration : arg->declarations) {
        if (is_given(declaration.name.text)) declaration.value.reset();
      }
    }
    return step;
  }

  PartialEnvironment base_environment(const stages::StageNode& node, std::size_t index) {
    if (std::holds_alternative<FromScratch>(node.base)) return {{}, true};
    const std::string& name = std::get<FromImage>(node.base).name;
    DockerfileInputs::Image& image = add_image(name, platform_of(index), node.at, file_.source);
    if (image.stage != nullptr) return inputs_of_(*image.stage)->environment;
    if (const BaseFacts* facts = facts_of_base(name, index)) return facts->environment;
    image.unknown = !holds_placeholder(name);
    // What its triggers read nobody knows.
    if (!image.unknown) inputs_.whole_context = true;
    return {};
  }

  DockerfileInputs::Image& add_image(const std::string& name, const std::string& platform, base::Position at,
                                     const base::SourcePtr& source) {
    const task::StageArgument* stage = stage_of(name);
    for (auto& known : inputs_.images) {
      if (stage == nullptr ? known.name == name && known.platform == platform
                           : known.stage != nullptr && known.stage->task == stage->task) {
        return known;
      }
    }
    inputs_.images.push_back({stage, stage == nullptr ? name : "", platform, false, at, source});
    return inputs_.images.back();
  }

  void read_step(const stages::StageInstruction& step, PartialScope& scope) {
    for (const auto& origin : step.origins) {
      if (const auto* image = std::get_if<FromImage>(&origin))
        add_image(image->name, platform_, step.instruction.where.begin, step.source);
    }
    const auto& body = step.instruction.body;
    if (const auto* env = std::get_if<dockerfile::Env>(&body)) {
      scope.apply(*env, step.source);
    } else if (const auto* arg = std::get_if<dockerfile::Arg>(&body)) {
      for (const auto& declaration : arg->declarations) count_argument(declaration);
      scope.apply(*arg, step.source);
    } else if (const auto* copy = std::get_if<dockerfile::Copy>(&body)) {
      if (copy->from.empty()) read_transfer(*copy, copy->parents, nullptr, step, scope);
    } else if (const auto* add = std::get_if<dockerfile::Add>(&body)) {
      read_transfer(*add, false, add, step, scope);
    } else if (const auto* run = std::get_if<dockerfile::Run>(&body)) {
      for (std::size_t i = 0; i < run->mount_flags.size(); ++i) {
        if (std::holds_alternative<FromContext>(step.origins[i]))
          read_mount(run->mount_flags[i], step, scope);
      }
    }
  }

  // `add`: null for a COPY.
  void read_transfer(const dockerfile::CopyBase& transfer, bool parents, const dockerfile::Add* add,
                     const stages::StageInstruction& step, const PartialScope& scope) {
    ContextRead read;
    for (const auto& word : transfer.sources) {
      const auto path = scope.expand(word, step.source);
      if (!path) {
        if (add == nullptr || !is_remote_anyhow(word.text)) inputs_.whole_context = true;
        if (add != nullptr) inputs_.untold.push_back(word.text);
      } else if (add == nullptr || !add_remote(*add, *path, word, step, scope)) {
        read.sources.push_back(*path);
      }
    }
    for (const auto& pattern : transfer.excludes) read.excludes.push_back(pattern.text);
    read.parents = parents;
    if (!step.origins.empty()) {
      if (const auto* from = std::get_if<FromContext>(&step.origins.front())) read.context = from->name;
    }
    add_read(std::move(read), step);
  }

  // False where the source is one of the context.
  bool add_remote(const dockerfile::Add& add, const std::string& source, const base::Word& word,
                  const stages::StageInstruction& step, const PartialScope& scope) {
    try {
      const auto checksum = scope.expand(add.checksum, step.source);
      auto remote = stages::remote_source(source, checksum.value_or(""), add.keep_git_dir);
      if (!remote) return false;
      inputs_.remotes.push_back({*std::move(remote), word.at, step.source});
      return true;
    } catch (const std::invalid_argument& error) {
      throw step.source->error(word.at, error.what());
    }
  }

  void read_mount(const base::Word& flag, const stages::StageInstruction& step, const PartialScope& scope) {
    bool known = true;
    dockerfile::Mount mount;
    try {
      mount = dockerfile::parse_mount(flag, *step.source, [&](const std::string& field) {
        const auto value = scope.expand({field, flag.at}, step.source);
        known = known && value.has_value();
        return value.value_or("unknown");
      });
    } catch (const base::Error&) {
      if (known) throw;
      inputs_.whole_context = true;  // some field cannot be told
      return;
    }
    if (mount.kind != dockerfile::MountKind::kBind) return;
    if (!known) {
      inputs_.whole_context = true;
    } else {
      add_read({{context::literal(mount.source)}, {}, false, "", {}, nullptr}, step);
    }
  }

  void add_read(ContextRead read, const stages::StageInstruction& step) {
    if (read.sources.empty()) return;
    read.at = step.instruction.where.begin;
    read.source = step.source;
    inputs_.reads.push_back(std::move(read));
  }

  bool is_given(const std::string& name) const { return global_.options().build_args.contains(name); }

  // An ARG of a stage takes its value from a build argument, its default or the global ARG of its name.
  void count_argument(const dockerfile::ArgDeclaration& declaration) {
    const std::string& name = declaration.name.text;
    if (is_given(name)) {
      inputs_.arguments.insert(name);
    } else if (const auto value = declaration.value ? std::nullopt : global_.value(name)) {
      inputs_.values[name] = *value;
      use_global(name);
    }
  }

  void use_global(const std::string& name) {
    if (!used_globals_.insert(name).second) return;
    if (is_given(name)) {
      if (global_.value(name)) inputs_.used.insert(name);
      return;
    }
    for (const auto& instruction : file_.global_args) {
      for (const auto& arg : std::get<dockerfile::Arg>(instruction.body).declarations) {
        if (arg.name.text == name && arg.value) use_global_words(*arg.value);
      }
    }
  }

  void use_global_words(const base::Word& word) {
    if (word.empty()) return;
    const dockerfile::Expansion expansion = global_.expand(word);
    for (const auto& name : expansion.found) use_global(name);
    for (const auto& name : expansion.missing) use_global(name);
  }

  void find_unused() {
    std::set<std::string> declared;
    const auto note = [&](const dockerfile::Instruction& instruction) {
      if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction.body)) {
        for (const auto& declaration : arg->declarations) declared.insert(declaration.name.text);
      }
    };
    for (const auto& node : graph_.nodes()) {
      for (const auto& step : node.steps) note(step.instruction);
    }
    for (const auto& [name, value] : declared_.build_args) {
      const bool predefined = global_.uses_build_arg(name);
      if (!declared.contains(name) && !predefined) inputs_.unused.push_back(name);
      if (predefined || inputs_.used.contains(name)) inputs_.given.insert(name);
    }
  }

  const task::StageDeclaration& declared_;
  const std::string& platform_;
  const InputsOfStage& inputs_of_;
  const FactsOfBase& facts_of_;
  const dockerfile::Dockerfile file_;
  const stages::GlobalScope global_;
  stages::StageGraph graph_;
  const std::size_t target_;
  std::map<std::size_t, PartialScope> scopes_;
  std::set<std::string> used_globals_;
  DockerfileInputs inputs_;
};

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

}  // namespace

std::optional<DockerfileInputs> dockerfile_inputs(const task::StageDeclaration& declared,
                                                  const std::string& platform,
                                                  const InputsOfStage& inputs_of_stage,
                                                  const FactsOfBase& facts_of_base) {
  return InputsReader(declared, platform, inputs_of_stage, facts_of_base).run();
}

std::vector<stages::NamedContext> named_contexts(const task::StageDeclaration& declared) {
  std::vector<stages::NamedContext> all;
  for (const task::StageContext& each : declared.contexts)
    all.push_back({each.name, each.image, each.remote});
  return all;
}

stages::ScopeOptions options_of(const task::StageDeclaration& declared, const std::string& platform) {
  stages::ScopeOptions options;
  options.build_args = declared.build_args;
  for (const auto& argument : declared.stage_args)
    options.build_args.emplace(argument.name, placeholder(argument));
  options.target_platform = platform;
  options.build_platform = oci::host_platform().text();
  options.target_stage = declared.target;
  return options;
}

const task::StageArgument* stage_named(const task::StageDeclaration& declared,
                                       const std::string& image_name) {
  if (!holds_placeholder(image_name)) return nullptr;
  for (const auto& argument : declared.stage_args) {
    if (image_name == placeholder_image(argument.task)) return &argument;
  }
  return nullptr;
}

bool holds_stage_argument(const std::string& image_name) {
  return holds_placeholder(image_name);
}

std::string with_real_names(std::string name, const task::StageDeclaration& declared,
                            const std::function<std::string(const std::string& task)>& image_of) {
  if (!holds_placeholder(name)) return name;
  // Longer names first, since one may be the beginning of another.
  std::vector<std::string> tasks;
  for (const auto& argument : declared.stage_args) tasks.push_back(argument.task);
  std::sort(tasks.begin(), tasks.end(), std::greater<>());
  for (const std::string& task : tasks) {
    if (name.find(placeholder_repository(task)) == std::string::npos) continue;
    const oci::Reference image = oci::parse_reference(image_of(task));
    replace_all(name, placeholder_tag(task), image.tag);
    replace_all(name, placeholder_repository(task), image.name());
  }
  return name;
}

}  // namespace ixian::keys
