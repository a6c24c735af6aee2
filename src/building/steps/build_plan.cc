// Planning reads the Dockerfile, the digests of base images and the hashes of context files, and nothing
// else: no layer is pulled and nothing is run. What it gives is every step with its values and its definition
// key, for the stages that the target needs.
//
// It goes in two passes. The first finds the stages that are needed and their bases, until no new ones turn
// up: a base image may carry ONBUILD triggers, these may name further stages and images, and those may have
// triggers of their own. The second goes through the stages from the bases up (a stage comes after all that
// it takes from), since a stage's variables, settings and key begin with its parent's.
#include "steps/build_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/error.h"
#include "base/text.h"
#include "base/url_login.h"
#include "dockerfile/dockerfile.h"
#include "engine/scope_options.h"
#include "steps/cache_key.h"
#include "steps/step_definition.h"

namespace ixian::steps {
namespace {

using base::Error;
using base::ErrorCode;

// The others change settings only. They reach the key of the next step that does make files, by its
// definition.
bool makes_layer(const dockerfile::InstructionBody& body) {
  return std::holds_alternative<dockerfile::Run>(body) || std::holds_alternative<dockerfile::Copy>(body) ||
         std::holds_alternative<dockerfile::Add>(body) || std::holds_alternative<dockerfile::Workdir>(body);
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) line += c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
  return std::string(base::trim(line));
}

bool tell_warnings(const engine::StageJob& job, base::EventSink& sink, const dockerfile::Dockerfile& file,
                   const stages::GlobalScope& global, const stages::LintInputs& inputs) {
  const stages::LintReport report = stages::lint(file, global, inputs);
  for (const auto& warning : report.warnings) {
    if (job.modes == engine::ContextModes::kGit && warning.rule == stages::kInvalidDefaultArg) continue;
    sink.log(base::kNoActivity, base::LogLevel::kWarning, stages::line_of(warning, job.dockerfile_name));
  }
  return report.is_error;
}

// Of a file that cannot be read to its end.
void warn_of_beginning(const engine::StageJob& job, base::EventSink& sink) {
  try {
    const auto file = dockerfile::parse_until_error(job.dockerfile, job.dockerfile_name);
    if (file) tell_warnings(job, sink, *file, stages::GlobalScope(*file, engine::scope_options(job)), {});
  } catch (const Error&) {
    // What is wrong with the file is told by who reads it.
  }
}

std::vector<stages::NamedContext> named_contexts(const engine::StageJob& job) {
  std::vector<stages::NamedContext> all;
  for (const engine::NamedContext& each : job.contexts) all.push_back({each.name, each.image, each.remote});
  return all;
}

class Planner {
 public:
  Planner(const engine::StageJob& job, const PlanContext& sources)
      : job_(job),
        sources_(sources),
        platform_(job.platform.value_or(oci::host_platform())),
        file_(dockerfile::parse(job.dockerfile, job.dockerfile_name)),
        global_(file_, engine::scope_options(job)) {}

  // Warnings come before all that may fail, since they are often what explains it.
  BuildPlan run() {
    try {
      graph_.emplace(file_, global_, named_contexts(job_));
      plan_.target = graph_->target(job_.target);
      find_bases();
    } catch (const Error&) {
      warn();
      throw;
    }
    if (warn()) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("warnings are errors: `# check=error=true` in {}", job_.dockerfile_name));
    }
    plan_.source_date_epoch = job_.source_date_epoch ? job_.source_date_epoch : global_.source_date_epoch();
    for (const auto& [name, value] : global_.proxy_environment())
      plan_.build_arguments.push_back(name + "=" + value);
    if (!file_.directives.syntax.empty()) {
      sources_.sink.log(base::kNoActivity, base::LogLevel::kDebug,
                        fmt::format("# syntax={} ignored: ix parses Dockerfiles without a frontend image",
                                    file_.directives.syntax));
    }
    for (const std::size_t index : graph_->needed(plan_.target)) plan_stage(index);
    warn_of_what_is_unused();
    return std::move(plan_);
  }

  stages::LintReport check() {
    std::optional<Error> failure;
    try {
      graph_.emplace(file_, global_, named_contexts(job_));
      if (job_.target.empty()) {
        for (std::size_t i = 0; i < graph_->nodes().size(); ++i) find_base_if_possible(i);
      } else {
        for (const std::size_t index : graph_->needed(graph_->target(job_.target)))
          find_base_if_possible(index);
      }
    } catch (const Error& error) {
      failure = error;
    }
    stages::LintReport report = stages::lint(file_, global_, lint_inputs());
    report.failure = std::move(failure);
    return report;
  }

 private:
  void find_base_if_possible(std::size_t index) {
    try {
      find_base(index);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRegistry) throw;
      // Whoever checks a file may well be offline.
      sources_.sink.log(
          base::kNoActivity, base::LogLevel::kInfo,
          "base image unknown, so UndefinedVar is not checked in its stage: " + error.message());
    }
  }

  template <typename Body>
  auto at(base::Position position, const Body& body) const {
    try {
      return body();
    } catch (const Error& error) {
      const Error placed = file_.source->error(position, error.message());
      throw Error(error.code(), placed.message(),
                  placed.context() + (error.context().empty() ? "" : "\n" + error.context()));
    }
  }

  // Triggers of a base may name further stages and images, whose bases may have triggers too.
  void find_bases() {
    std::set<std::size_t> looked_at;
    bool changed = true;
    while (changed) {
      changed = false;
      for (const std::size_t index : graph_->needed(plan_.target)) {
        if (!looked_at.insert(index).second) continue;
        changed = true;
        find_base(index);
      }
    }
  }

  oci::Platform platform_of(std::size_t index) const {
    const stages::StageNode& node = graph_->nodes()[index];
    if (!node.platform.empty()) {
      const oci::Platform own = at(node.at, [&] {
        try {
          return oci::parse_platform(node.platform);
        } catch (const Error& error) {
          throw Error(ErrorCode::kTaskFailed, error.message(), error.context());
        }
      });
      // What is built from nothing is for the machine of the build, whatever --platform says, as with
      // BuildKit.
      if (!std::holds_alternative<stages::FromScratch>(node.base)) return own;
    }
    if (const auto* stage = std::get_if<stages::FromStage>(&graph_->nodes()[index].base))
      return platform_of(stage->index);
    return platform_;
  }

  void find_base(std::size_t index) {
    sources_.cancellation.throw_if_requested();
    const oci::Platform platform = platform_of(index);
    const auto* image = std::get_if<stages::FromImage>(&graph_->nodes()[index].base);
    if (image == nullptr) return;
    auto base = at(graph_->nodes()[index].at, [&] { return sources_.bases.get(image->name, platform); });
    const auto triggers = ImageConfigBuilder(base->config).triggers();
    bases_[index] = std::move(base);
    if (!triggers.empty()) graph_->add_triggers(index, triggers);
  }

  // By name, in small letters, or by number; several stages may have one name.
  bool is_called(std::size_t index, const std::string& name) const {
    return graph_->label(index) == name || std::to_string(index) == name;
  }

  void plan_stage(std::size_t index) {
    const stages::StageNode& node = graph_->nodes()[index];
    StagePlan stage;
    stage.index = index;
    stage.label = graph_->label(index);
    stage.base = node.base;
    stage.platform = platform_of(index);
    const auto& filter = job_.no_cache_stages;
    stage.use_cache =
        !job_.no_cache && std::none_of(filter.begin(), filter.end(),
                                       [&](const std::string& name) { return is_called(index, name); });
    ImageConfigBuilder settings(stage.platform);
    std::optional<stages::StageScope> scope;
    base::Json base = {{"platform", stage.platform.text()}};
    if (plan_.source_date_epoch) base["epoch"] = *plan_.source_date_epoch;
    // Only where files look different for it, so that the keys of plain builds stay as they were.
    if (job_.modes == engine::ContextModes::kGit) base["git"] = true;
    if (const auto* from = std::get_if<stages::FromStage>(&node.base)) {
      const StagePlan& parent = plan_.stages.at(from->index);
      settings = *parent.settings;
      settings.begin_stage();
      // ARG and ENV of the stage below count here, as in BuildKit.
      scope = scopes_.at(from->index);
      stage.base_key = parent.key();
      stage.use_cache = stage.use_cache && parent.use_cache;
      stage.certain = parent.certain;
    } else {
      if (const auto found = bases_.find(index); found != bases_.end()) {
        stage.base_image = found->second;
        settings = ImageConfigBuilder(found->second->config);
        base["image"] = found->second->digest.text();
      }
      scope.emplace(global_, settings.environment());
      stage.base_key = base_key(base);
    }
    settings.set_environment(scope->image_environment());
    std::string key = stage.base_key;
    for (const stages::StageInstruction& each : node.steps) {
      stage.steps.push_back(plan_step(each, *scope, settings));
      Step& step = stage.steps.back();
      if (!step.makes_layer) continue;
      const auto stage_key = [&](std::size_t other) { return plan_.stages.at(other).key(); };
      key = instruction_key(key, step.definition, origin_keys(step, plan_, stage_key));
      step.key = key;
      for (const auto& origin : step.origins) {
        if (const auto* from = std::get_if<stages::FromStage>(&origin))
          stage.certain = stage.certain && plan_.stages.at(from->index).certain;
      }
      step.certain = stage.certain;
    }
    stage.certain = stage.certain && stage.use_cache;
    // --label is of the image that comes out, and in no key: it costs no instruction.
    if (index == plan_.target) {
      settings.unset(job_.unset_labels, job_.unset_environment);
      for (const auto& [name, value] : job_.labels) settings.set_label(name, value);
    }
    stage.settings = std::make_shared<const ImageConfigBuilder>(std::move(settings));
    used_args_.insert(scope->used_build_args().begin(), scope->used_build_args().end());
    scopes_.emplace(index, std::move(*scope));
    plan_.stages.emplace(index, std::move(stage));
  }

  Step plan_step(const stages::StageInstruction& each, stages::StageScope& scope,
                 ImageConfigBuilder& settings) {
    sources_.cancellation.throw_if_requested();
    Step step;
    step.source = each.source;
    step.origins = each.origins;
    step.title = one_line(base::without_logins(each.instruction.text));
    step.instruction = scope.resolve(each.instruction, each.source).instruction;
    step.makes_layer = makes_layer(step.instruction.body);
    std::vector<std::string> declared;
    if (std::holds_alternative<dockerfile::Run>(step.instruction.body)) {
      for (const auto& [name, value] : scope.declared_args()) declared.push_back(name + "=" + value);
      step.environment = scope.run_environment();
      step.hostname = global_.sandbox_hostname();
    }
    // Before the instruction is applied: a RUN's history shows the ARGs and the SHELL that it ran with.
    step.history = history_text(step.instruction, settings, declared);
    if (step.makes_layer) {
      step.settings = std::make_shared<const ImageConfigBuilder>(settings);
      try {
        for (const auto& origin : step.origins) find_image(origin);
        define(step, sources_, job_);
      } catch (const Error& error) {
        const Error placed = step.error(error.message());
        throw Error(error.code(), placed.message(),
                    placed.context() + (error.context().empty() ? "" : "\n" + error.context()));
      }
    }
    settings.apply(step.instruction);
    settings.set_environment(scope.image_environment());
    return step;
  }

  void find_image(const stages::InputRef& origin) {
    if (const auto* image = std::get_if<stages::FromImage>(&origin)) {
      auto& known = plan_.images[image->name];
      if (!known) known = sources_.bases.get(image->name, platform_);
    }
  }

  // Whether they stop the build.
  bool warn() const { return tell_warnings(job_, sources_.sink, file_, global_, lint_inputs()); }

  stages::LintInputs lint_inputs() const {
    stages::LintInputs inputs;
    for (const auto& [index, base] : bases_) {
      inputs.bases[index] = {ImageConfigBuilder(base->config).environment(), base->config.platform.text(),
                             platform_of(index).text()};
    }
    inputs.ignored = sources_.ignored;
    return inputs;
  }

  void warn_of_what_is_unused() const {
    for (const std::string& name : job_.no_cache_stages) {
      bool found = false;
      for (std::size_t i = 0; i < graph_->nodes().size(); ++i) found = found || is_called(i, name);
      if (found) continue;
      sources_.sink.log(base::kNoActivity, base::LogLevel::kWarning,
                        fmt::format("--no-cache-filter {0} has no effect: no such stage in {1}",
                                    base::shown(name), job_.dockerfile_name));
    }
    for (const auto& [name, value] : job_.build_args) {
      if (used_args_.contains(name) || global_.uses_build_arg(name)) continue;
      sources_.sink.log(
          base::kNoActivity, base::LogLevel::kWarning,
          fmt::format("build argument {} is unused: no such ARG in {}", name, job_.dockerfile_name));
    }
  }

  const engine::StageJob& job_;
  const PlanContext& sources_;
  const oci::Platform platform_;
  const dockerfile::Dockerfile file_;
  const stages::GlobalScope global_;
  std::optional<stages::StageGraph> graph_;
  std::map<std::size_t, std::shared_ptr<const snapshot::BaseImage>> bases_;
  std::map<std::size_t, stages::StageScope> scopes_;
  std::set<std::string> used_args_;
  BuildPlan plan_;
};

}  // namespace

const std::shared_ptr<const context::FileView>& PlanContext::context_of(const Step& step) const {
  if (!step.origins.empty()) {
    const auto* from = std::get_if<stages::FromContext>(&step.origins.front());
    if (from != nullptr && !from->name.empty()) return named.at(from->name);
  }
  return context;
}

std::string StagePlan::key() const {
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (step->makes_layer) return step->key;
  }
  return base_key;
}

BuildPlan make_build_plan(const engine::StageJob& job, const PlanContext& sources) {
  std::optional<Planner> planner;
  try {
    planner.emplace(job, sources);
  } catch (const Error&) {
    warn_of_beginning(job, sources.sink);
    throw;
  }
  return planner->run();
}

stages::LintReport check_dockerfile(const engine::StageJob& job, const PlanContext& sources) {
  std::optional<Planner> planner;
  try {
    planner.emplace(job, sources);
  } catch (const Error&) {
    return stages::check_file(job.dockerfile, job.dockerfile_name, engine::scope_options(job));
  }
  return planner->check();
}

base::Json origin_keys(const Step& step, const BuildPlan& plan,
                       const std::function<std::string(std::size_t stage)>& key_of) {
  base::Json keys = base::Json::array();
  for (const auto& origin : step.origins) {
    if (const auto* stage = std::get_if<stages::FromStage>(&origin)) {
      keys.push_back({{"stage", key_of(stage->index)}});
    } else if (const auto* image = std::get_if<stages::FromImage>(&origin)) {
      keys.push_back({{"image", plan.images.at(image->name)->digest.text()}});
    } else {
      keys.push_back(nullptr);
    }
  }
  return keys;
}

}  // namespace ixian::steps
