// Everything that is about a project's images meets here: the settings of the project, the store, the engine,
// the registries and what was lost in them. It is put together at the first question, by whichever thread
// asks it, because most commands never ask one.
#include "app/project_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "app/engines.h"
#include "app/outside_lookup.h"
#include "app/stage_repo.h"
#include "app/workspace.h"
#include "auth/docker_proxies.h"
#include "aws/environment.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "context/git_mode_view.h"
#include "files/fs.h"
#include "oci/made_for.h"
#include "run/build_record.h"
#include "script/running_task.h"
#include "store/folder.h"

namespace ixian::app {
namespace {

// What the engine has, as something that planning may ask.
class EngineImageFinder : public oci::ImageFinder {
 public:
  EngineImageFinder(engine::Engine& engine, std::string repository)
      : engine_(engine), repository_(std::move(repository)) {}
  std::string name() const override { return repository_; }
  std::optional<oci::Descriptor> find(const std::string& ref) override {
    return engine_.resolve(repository_ + (ref.find(':') == std::string::npos ? ":" : "@") + ref);
  }

 private:
  engine::Engine& engine_;
  const std::string repository_;
};

std::string note_key(const keys::ResolvedStage& stage) {
  return base::sha256_hex(base::canonical_json({{"kind", "inputs of a stage"},
                                                {"repository", stage.declared.repository},
                                                {"stage", stage.declared.name}}));
}

// The folder below the project's, as a pattern of .dockerignore; "" where it lies elsewhere.
std::string pattern_of(const std::string& folder, const std::string& project) {
  return folder.starts_with(project + "/") ? folder.substr(project.size() + 1) : "";
}

}  // namespace

std::int64_t project_time() {
  const char* value = std::getenv("SOURCE_DATE_EPOCH");
  if (value == nullptr || *value == '\0') return context::kFixedTime;
  try {
    std::size_t used = 0;
    const std::int64_t seconds = std::stoll(value, &used);
    if (value[used] == '\0' && seconds >= 0) return seconds;
  } catch (const std::exception&) {  // not a number at all
  }
  throw base::Error(base::ErrorCode::kUsage,
                    fmt::format("invalid value \"{}\" for SOURCE_DATE_EPOCH (expected: seconds since 1970)",
                                base::printable_path(value)));
}

struct ProjectImages::Impl {
  Impl(ProjectImages& access)
      : owner(access),
        settings(script::image_settings()),
        engine_type(choose_engine(access.options_, settings)),
        store(store::Store::open(store::default_folder(), access.cancellation_,
                                 {.only_reads = access.is_dry()})),
        remote(std::make_shared<fetch::Fetcher>(
            store, [&access]() -> http::Client& { return access.registries_.services().client; },
            run::parse_fetch_limits(settings.fetch_limit, settings.fetch_timeout))),
        log({[this](const std::string& repository) { return open(oci::parse_reference(repository), true); },
             clock, access.sink_, base::LogLevel::kWarning}) {
    EngineParts parts{owner.registries_, owner.cancellation_, store, remote, {}, {}, losses};
    parts.open_repo = [this](const oci::Reference& reference) { return open(reference, false); };
    // What goes to a cache is not worth much patience.
    parts.open_for_push = [this](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
      const bool is_image = false;
      return registry::counted(
          owner.registries_.registries().open(reference, registry::Access::kPush, is_image), traffic);
    };
    engine = engine_type.make(std::move(parts));
    outside.emplace(
        OutsideLookup::Services{store, remote, *engine, !engine_type.builds_here(), owner.options_.pull,
                                [this] { return owner.offline_.load(); },
                                [this](const oci::Reference& reference) { return open(reference, false); },
                                owner.sink_, owner.cancellation_});
  }

  static const EngineType& choose_engine(const RunOptions& options, const script::DockerSettings& settings) {
    if (options.engine != nullptr) return *options.engine;
    if (const EngineType* configured = find_engine_type(settings.engine)) return *configured;
    std::vector<std::string_view> names;
    for (const EngineType& each : engine_types()) names.push_back(each.name);
    throw base::Error(base::ErrorCode::kProject,
                      fmt::format("invalid value \"{}\" for DOCKER.ENGINE (expected: {})", settings.engine,
                                  base::join(names, ", ")));
  }

  std::shared_ptr<oci::ImageRepo> open(const oci::Reference& reference, bool push) {
    const auto access = push ? registry::Access::kPush : registry::Access::kPull;
    auto repo = oci::without_lost(
        registry::counted(owner.registries_.registries().open(reference, access), traffic), losses);
    // A daemon's images cannot say for which key they were made.
    if (push || !engine_type.builds_here()) return repo;
    return std::make_shared<StageRepo>(std::move(repo), looked_up, [this](const std::string& image) {
      owner.sink_.log(base::kNoActivity, base::LogLevel::kWarning,
                      fmt::format("{} does not carry its cache key: pushed by a Docker daemon, or its tag "
                                  "was moved to another image",
                                  image));
    });
  }

  plan::PushPolicy policy() const {
    const plan::PushPolicy configured = plan::parse_push_policy(settings.push);
    if (!owner.options_.push) return configured;
    if (!*owner.options_.push) return plan::PushPolicy::kNever;
    return configured == plan::PushPolicy::kNever ? plan::PushPolicy::kStages : configured;
  }

  // Null for a registry that is not configured. A project that has configured none keeps its images to
  // itself.
  std::shared_ptr<oci::ImageFinder> registry_finder(const std::string& repository) {
    if (owner.offline_) return nullptr;
    const oci::Reference reference = oci::parse_reference(repository);
    registry::Registries& registries = owner.registries_.registries();
    if (registries.configured(reference.host)) return open(reference, false);
    const std::lock_guard lock(mutex);
    if (!registries.hosts().empty() && told.insert(reference.host).second) {
      owner.sink_.log(base::kNoActivity, base::LogLevel::kWarning,
                      fmt::format("{} skipped: no entry in CONFIG.DOCKER.REGISTRIES", reference.host));
    }
    return nullptr;
  }

  run::ImageBuilder& image_work() {
    std::call_once(work_made, [this] {
      run::ImageServices services;
      services.engine = [this]() -> engine::Engine& { return *engine; };
      services.open_repo = [this](const oci::Reference& reference, bool push) {
        return open(reference, push);
      };
      services.announce = [this](plan::ImagePlanner& images) { log.begin(owner.record_parts(&images)); };
      services.losses = losses;
      services.note = [this](const keys::ResolvedStage& stage) {
        store->cache_put(note_key(stage), {{{"key", stage.key}, {"inputs", stage.inputs}}, {}, {}});
      };
      run::ImageBuildOptions build_options;
      build_options.project = owner.project_manner();
      // Instructions are asked for only where somebody may have pushed some: each question costs a round
      // trip.
      const bool shared = plan::parse_push_policy(settings.push) == plan::PushPolicy::kAll ||
                          policy() == plan::PushPolicy::kAll || !settings.cache_repository.empty();
      if (shared && owner.options_.pull) {
        build_options.cache_from.push_back(settings.cache_repository);
        build_options.cache_from.insert(build_options.cache_from.end(), settings.cache_from.begin(),
                                        settings.cache_from.end());
      }
      build_options.cache_to = settings.cache_repository;
      build_options.push_instructions = policy() == plan::PushPolicy::kAll;
      build_options.look_up = owner.options_.pull;
      work = std::make_unique<run::ImageBuilder>(std::move(services), std::move(build_options), owner.sink_,
                                                 owner.cancellation_);
    });
    return *work;
  }

  ProjectImages& owner;
  const script::DockerSettings settings;
  const EngineType& engine_type;
  const std::shared_ptr<store::Store> store;
  const std::shared_ptr<fetch::Fetcher> remote;
  base::SystemClock clock;
  const std::shared_ptr<oci::Losses> losses = std::make_shared<oci::Losses>();
  const std::shared_ptr<registry::Traffic> traffic = std::make_shared<registry::Traffic>();
  std::unique_ptr<engine::Engine> engine;
  std::optional<OutsideLookup> outside;
  run::BuildLog log;
  std::once_flag work_made;
  std::unique_ptr<run::ImageBuilder> work;
  // Guards `told` and `pushed`.
  std::mutex mutex;
  std::set<std::string> told;
  std::vector<run::RecordedStage> pushed;  // that no plan pushes
  const std::shared_ptr<LookedUp> looked_up = std::make_shared<LookedUp>();
};

ProjectImages::ProjectImages(const RunOptions& options, Workspace& workspace, base::EventSink& sink,
                             base::Cancellation& cancellation)
    : options_(options),
      workspace_(workspace),
      sink_(sink),
      cancellation_(cancellation),
      registries_(sink, cancellation, &workspace) {}

ProjectImages::~ProjectImages() = default;

ProjectImages::Impl& ProjectImages::impl() {
  std::call_once(made_, [this] { impl_ = std::make_unique<Impl>(*this); });
  return *impl_;
}

std::unique_ptr<plan::ImagePlanner> ProjectImages::images(const task::TaskGraph& graph) {
  keys::KeyCallbacks sources{
      [this](const std::string& image, const std::string&) { return impl().outside->foreign_digest(image); },
      [this](const std::string& digest, const std::string& platform) {
        return impl().outside->known_base(digest, platform);
      },
      [this](const std::string& image, const std::string& digest, const std::string& platform) {
        return impl().outside->foreign_base(image, digest, platform);
      },
      [this](const stages::RemoteSource& source) { return impl().outside->remote_identity(source); },
      [](const std::vector<std::string>& patterns) { return script::file_details(patterns); },
      excluded(),
      sink_,
      cancellation_,
      [](int fd, const std::string& name) { return script::content_digest(fd, name); },
      [this] { return !offline_; }};
  const auto project_options = [this] {
    Impl& parts = impl();
    plan::ImagePlanOptions made;
    made.places.local = [&parts](const std::string& repository) {
      return std::make_shared<EngineImageFinder>(*parts.engine, repository);
    };
    made.places.registry = [&parts](const std::string& repository) {
      return parts.registry_finder(repository);
    };
    made.places.has_registries = [this] { return !registries_.registries().hosts().empty(); };
    made.places.is_complete = [&parts](const std::string& repository, const std::string& tag) {
      return oci::is_complete(*parts.open(oci::parse_reference(repository), false), tag, *parts.losses);
    };
    made.places.push_refusal = [&parts](const std::string& repository, bool closely) {
      return parts.owner.registries_.registries().push_refusal(oci::parse_reference(repository), closely,
                                                               parts.owner.is_dry());
    };
    made.places.cache_from = parts.settings.cache_from;
    made.push = parts.policy();
    made.look_up = options_.pull && !offline_;
    return made;
  };
  return std::make_unique<plan::ImagePlanner>(graph, std::move(sources), project_options, sink_,
                                              cancellation_);
}

// What ix itself keeps in the project is in no context.
std::vector<std::string> ProjectImages::excluded() const {
  const std::string pattern = pattern_of(workspace_.builder_folder(), files::current_directory());
  return {pattern.empty() ? ".builder" : pattern};
}

run::ProjectBuildOptions ProjectImages::project_manner() {
  const script::DockerSettings& settings = impl().settings;
  const aws::Environment environment = aws::process_environment();
  const std::string daemon(impl().engine_type.address_variable);
  return {excluded(),
          options_.jobs,
          project_time(),
          run::parse_build_network(settings.network),
          auth::docker_proxies(environment, daemon.empty() ? "" : aws::variable(environment, daemon)),
          run::parse_run_limits(settings.memory, settings.pids_limit, settings.shm_size, settings.ulimits)};
}

run::ImageBuilder& ProjectImages::work() {
  return impl().image_work();
}

const std::string& ProjectImages::builder_folder() const {
  return workspace_.builder_folder();
}

const registry::Traffic& ProjectImages::traffic() {
  return *impl().traffic;
}

engine::Engine& ProjectImages::engine() {
  return *impl().engine;
}

bool ProjectImages::builds_here() {
  return impl().engine_type.builds_here();
}

std::shared_ptr<oci::ImageRepo> ProjectImages::open_repo(const oci::Reference& reference, bool push) {
  return impl().open(reference, push);
}

std::shared_ptr<oci::ImageFinder> ProjectImages::registry_finder(const std::string& repository) {
  return impl().registry_finder(repository);
}

bool ProjectImages::is_complete_in_registry(const oci::Reference& image) {
  return oci::is_complete(*impl().open(image, false), image.identifier(), *impl().losses);
}

base::Json ProjectImages::earlier_inputs(const keys::ResolvedStage& stage) {
  if (const auto note = impl().store->cache_get(note_key(stage)); note && note->value.contains("inputs"))
    return note->value.at("inputs");
  const auto finder = options_.pull ? impl().registry_finder(stage.declared.repository) : nullptr;
  if (!finder) return nullptr;
  const auto repo = impl().open(oci::parse_reference(stage.declared.repository), false);
  return run::recorded_inputs(*repo, stage.declared.name);
}

void ProjectImages::will_push(const std::string& image) {
  const oci::Reference reference = oci::parse_reference(image);
  const auto key = oci::key_in_tag(reference.tag);
  if (!key || reference.digest) return;
  const std::string stage = reference.tag.substr(0, reference.tag.size() - key->size() - 1);
  {
    const std::lock_guard lock(impl().mutex);
    impl().pushed.push_back({stage, reference.text(), *key, nullptr, {}});
  }
  impl().log.begin(record_parts(nullptr));
}

std::vector<run::PushFailure> ProjectImages::finish(plan::ImagePlanner& images, bool complete) {
  if (!impl_) return {};
  std::vector<run::PushFailure> failures;
  if (impl_->work) failures = impl_->work->finish();
  if (!complete || !failures.empty() || cancellation_.requested()) return failures;
  impl().log.end(record_parts(&images));
  return failures;
}

// Of all stages, also of those that were not needed this time: equal projects have equal records. `images` is
// null for what is pushed besides.
run::RecordParts ProjectImages::record_parts(plan::ImagePlanner* images) {
  run::BuildRecord record{run::branch_name(impl().settings.branch, files::current_directory()), {}};
  std::set<std::string> repositories;
  const plan::PushPolicy policy = impl().policy();
  const auto plan = images != nullptr && policy != plan::PushPolicy::kNever ? images->latest() : nullptr;
  for (const plan::ImageStep& step : plan ? plan->steps : std::vector<plan::ImageStep>()) {
    if (step.key.empty()) continue;
    const keys::ResolvedStage& stage = images->keyed(step.id);
    record.stages.push_back({step.stage, step.image, step.key, stage.inputs, work().cache_tags(step.image)});
    const bool wanted = step.for_.empty() && step.place != plan::CacheResult::kNotNeeded;
    if (wanted || policy != plan::PushPolicy::kFinal) repositories.insert(stage.declared.repository);
  }
  const bool instructions = plan && policy == plan::PushPolicy::kAll;
  const std::lock_guard lock(impl().mutex);
  for (const run::RecordedStage& each : impl().pushed) {
    repositories.insert(oci::parse_reference(each.image).name());
    const auto same = [&](const run::RecordedStage& other) { return other.image == each.image; };
    if (std::none_of(record.stages.begin(), record.stages.end(), same)) record.stages.push_back(each);
  }
  return run::split_record(record, repositories, instructions ? impl().settings.cache_repository : "");
}

}  // namespace ixian::app
