// One build: plan, run the stages, put the image together. Two things make it longer than that.
//
// A layer can turn out to be lost in the middle (a registry's garbage collection, a damaged disk). The loss
// is remembered for the process, and the whole build is planned anew; finished steps are cache hits, and the
// one whose result was lost is run. This is simpler than to mend a half-run graph, and ends, because each
// attempt loses something that no later attempt believes in.
//
// An image may be built for pushing only, with layers that never came to this machine. The store takes whole
// images alone, so such an image is kept in memory, by digest, for as long as the engine lives, and
// export_image() mounts or passes on what is elsewhere.
#include "embedded/embedded_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <variant>

#include "base/activity.h"
#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "cache/cache_exporter.h"
#include "cache/cache_image.h"
#include "cache/cache_importer.h"
#include "cache/cache_repos.h"
#include "embedded/make_forecast.h"
#include "embedded/planned_build.h"
#include "embedded/solver.h"
#include "oci/copy_image.h"
#include "oci/reference.h"
#include "sandbox/run.h"
#include "snapshot/partial_image.h"
#include "steps/image_manifest.h"

namespace ixian::embedded {
namespace {

// A build's own, which stops when the program's does, and alone when one of its stages has failed.
std::shared_ptr<base::Cancellation> linked(base::Cancellation& whole) {
  auto own = std::make_shared<base::Cancellation>();
  whole.on_request([own] { own->request(); });
  if (whole.requested()) own->request();
  return own;
}

// More than a build can lose, one thing after the other, unless something goes round in a ring.
constexpr int kMostAttempts = 100;

// Nobody believes a repository what has been found lost there.
EngineServices with_losses(EngineServices services) {
  if (!services.losses) services.losses = std::make_shared<oci::Losses>();
  for (oci::OpenRepo* open : {&services.open_repo, &services.open_for_push}) {
    if (!*open) continue;
    *open = [inner = std::move(*open), losses = services.losses](const oci::Reference& reference) {
      return oci::without_lost(inner(reference), losses);
    };
  }
  return services;
}

// A registry that names the image may have lost a part of it, which it gets then.
oci::CopyOptions closely() {
  oci::CopyOptions options;
  options.look_closer = true;
  return options;
}

std::optional<oci::Descriptor> part_of(const oci::RawManifest& manifest, const std::string& digest) {
  const auto parsed = manifest.parsed();
  const auto* image = std::get_if<oci::Manifest>(&parsed);
  if (image == nullptr) return std::nullopt;
  if (image->config.digest.text() == digest) return image->config;
  for (const auto& layer : image->layers) {
    if (layer.digest.text() == digest) return layer;
  }
  return std::nullopt;
}

class EmbeddedEngine : public engine::Engine {
 public:
  explicit EmbeddedEngine(EngineServices services)
      : services_(with_losses(std::move(services))),
        repos_(services_.open_repo, services_.open_for_push),
        writer_(services_.store, services_.losses) {}

  std::optional<oci::Descriptor> resolve(const std::string& name) override {
    const oci::Reference reference = oci::parse_reference(name);
    return services_.store->images(reference.name())->find(reference.identifier());
  }

  engine::BuiltStage build(const engine::StageJob& job, base::EventSink& sink,
                           base::Cancellation& cancellation) override {
    for (int attempt = 1;; ++attempt) {
      const auto own = linked(cancellation);
      try {
        return build_linked(job, sink, *own, cancellation);
      } catch (const engine::LostResult& lost) {
        if (cancellation.requested()) throw base::Cancelled();
        // Planned anew, without what was lost: the instruction that it came of is run.
        if (!lost.stage().empty()) throw;
        if (attempt == kMostAttempts) throw base::Error(lost.why());
      } catch (...) {
        if (cancellation.requested()) throw base::Cancelled();
        throw;
      }
    }
  }

  engine::BuildForecast forecast(const engine::StageJob& job, base::EventSink& sink,
                                 base::Cancellation& cancellation) override {
    PlannedBuild planning(job, services_, repos_, seen_, sink, cancellation);
    cache::LocalCache cache(planning.layers, repos_);
    return make_forecast(planning.plan, cache, planning.reading, cancellation);
  }

  stages::LintReport check(const engine::StageJob& job, base::EventSink& sink,
                           base::Cancellation& cancellation) override {
    const PlanningSources planning(job, services_, repos_, seen_, sink, cancellation);
    return steps::check_dockerfile(job, planning.sources);
  }

  void import_image(oci::ImageRepo& from, const std::string& ref, const std::string& name,
                    base::Cancellation& cancellation) override {
    const oci::Reference reference = oci::parse_reference(name);
    const auto to = services_.store->images(reference.name());
    oci::copy_image(from, ref, *to, reference.identifier(), {}, cancellation);
  }

  oci::Descriptor export_image(const std::string& name, oci::ImageRepo& to, const std::string& ref,
                               base::Cancellation& cancellation) override {
    std::string repository;
    std::string identifier = name;
    if (!oci::Digest::parse(name)) {
      const oci::Reference reference = oci::parse_reference(name);
      repository = reference.name();
      identifier = reference.identifier();
    }
    const auto from = services_.store->images(repository);
    const auto there = oci::Digest::parse(identifier) ? std::nullopt : from->find(identifier);
    // An image of this process knows where each layer came from; the same in the store does not.
    if (const auto built = built_image(there ? there->digest.text() : identifier)) {
      // What is being sent to the cache need not be sent twice.
      writer_.wait_for(layers_of(built->manifest()));
      return export_built(*built, to, ref, cancellation);
    }
    try {
      return oci::copy_image(*from, identifier, to, ref, closely(), cancellation).image;
    } catch (const oci::Lost& lost) {
      const auto manifest = from->read_manifest(identifier);
      const auto part = manifest ? part_of(*manifest, lost.ref()) : std::nullopt;
      if (part) services_.store->discard_if_damaged(*part);
      throw engine::LostResult(lost, name);
    }
  }

  void wait_for_cache(base::EventSink& sink) override {
    const std::lock_guard lock(waiting_);
    const cache::CacheExporter::Progress now = writer_.progress();
    const std::size_t total = now.total - reported_.total;
    if (now.pending == 0 && now.failed == reported_.failed) return writer_.wait();
    base::Activity activity(
        sink,
        {"cache export", fmt::format("uploading {} to {}", base::counted(total, "step"), now.repository)});
    writer_.wait();
    const std::size_t failed = writer_.progress().failed - reported_.failed;
    reported_ = writer_.progress();
    if (failed == 0) return activity.end(base::ActivityStatus::kDone);
    // The image is built, so that this is no error of the build.
    activity.end(base::ActivityStatus::kFailed, fmt::format("{} of {} pushed to {}", total - failed,
                                                            base::counted(total, "step"), now.repository));
  }

  bool remove_image(const std::string& name) override {
    const oci::Reference reference = oci::parse_reference(name);
    return services_.store->images(reference.name())->remove(reference.identifier());
  }

 private:
  oci::Descriptor export_built(snapshot::PartialImage& built, oci::ImageRepo& to, const std::string& ref,
                               base::Cancellation& cancellation) {
    for (bool again = false;; again = true) {
      try {
        return oci::copy_image(built, built.manifest().descriptor.digest.text(), to, ref, closely(),
                               cancellation)
            .image;
      } catch (const oci::Lost& lost) {
        const auto part = part_of(built.manifest(), lost.ref());
        const snapshot::LayerOrigin* origin = part ? built.origin(part->digest) : nullptr;
        const bool damaged = part && services_.store->discard_if_damaged(*part);
        if (damaged && origin != nullptr && !again) continue;  // from there, then
        if (origin == nullptr) throw engine::LostResult(lost, "");
        services_.losses->note(origin->repo->name(), lost.ref());
        if (origin->remaking.by == engine::Remaking::By::kNobody) throw base::Error(lost);
        throw engine::LostResult(lost, origin->remaking.stage);
      }
    }
  }

  // `own` is the build's, `cancellation` the program's.
  engine::BuiltStage build_linked(const engine::StageJob& job, base::EventSink& sink, base::Cancellation& own,
                                  base::Cancellation& cancellation) {
    const auto lease = services_.store->lease();
    std::shared_ptr<const cache::CacheExporter::Build> writing;
    if (!job.cache_to.empty()) {
      writing = std::make_shared<const cache::CacheExporter::Build>(
          cache::CacheExporter::Build{repos_.to_write(job.cache_to), sink, cancellation});
    }
    PlannedBuild planning(job, services_, repos_, seen_, sink, own);
    const steps::BuildPlan& plan = planning.plan;
    // Before the long part: a build that fails or is interrupted has not hashed the context for nothing.
    planning.known_files.save();
    tell_weak_limits(job, sink);
    const CacheSet caches{repos_, planning.reading, writer_, writing};
    Solver run(job, plan, planning.sources, planning.layers, caches, credentials_, planning.context.plain);
    const snapshot::StageSnapshot state = run.build();
    own.throw_if_requested();
    engine::BuiltStage built = keep(job, plan, state, run.counts(), writing, own);
    if (!job.listings_to.empty()) {
      const auto build = std::make_shared<const cache::CacheExporter::Build>(
          cache::CacheExporter::Build{repos_.to_write(job.listings_to), sink, cancellation});
      writer_.write_listings(build, state.layers);
      if (!writing) built.cache_tags = listing_tags(snapshot::non_empty(state.layers));
    }
    return built;
  }

  static void tell_weak_limits(const engine::StageJob& job, base::EventSink& sink) {
    if (job.limits.cpu.any()) {
      const engine::CpuLimits& cpu = job.limits.cpu;
      const std::string reason =
          sandbox::why_no_cpu_limits({cpu.quota, cpu.period, cpu.shares, cpu.cpus, cpu.mems});
      if (!reason.empty()) sink.log(base::kNoActivity, base::LogLevel::kWarning, reason);
    }
    if (!job.limits.pids && !job.limits.memory) return;
    if (const std::string reason = sandbox::why_no_limits(); !reason.empty()) {
      sink.log(base::kNoActivity, base::LogLevel::kWarning, reason + "; they are set on each process");
    }
  }

  // The image in the store, under its names: as a whole, pulling what of its layers has not been needed so
  // far, or, if that is asked for, as far as it is there. Then the store gets to know nothing of it, since
  // what has a manifest there is to be whole.
  engine::BuiltStage keep(const engine::StageJob& job, const steps::BuildPlan& plan,
                          const snapshot::StageSnapshot& state, const BuildCounts& counts,
                          const std::shared_ptr<const cache::CacheExporter::Build>& writing,
                          base::Cancellation& cancellation) {
    steps::AssembledImage image = steps::assemble(plan, plan.target, state);
    image.manifest.annotations.insert(job.annotations.begin(), job.annotations.end());
    const snapshot::LayerStack layers = snapshot::non_empty(state.layers);
    const oci::RawManifest manifest = oci::raw(image.manifest);
    engine::BuiltStage built{manifest, image.manifest.config, true, counts.instructions, counts.cached, {}};
    built.base_layers = count_base_layers(plan);
    if (writing) built.cache_tags = cache_tags(plan, layers);
    if (job.lazy_layers) {
      built.complete = std::all_of(layers.begin(), layers.end(), [this](const auto& layer) {
        return services_.store->has_blob(layer->blob());
      });
    } else {
      base::parallel_for(layers.size(), kPullsAtOnce, [&](std::size_t i) {
        cancellation.throw_if_requested();
        layers[i]->ensure_blob();
      });
    }
    remember(std::make_shared<snapshot::PartialImage>(
        services_.store, manifest, image.config,
        snapshot::blob_sources(layers,
                               writing ? writing->repo->images() : std::shared_ptr<oci::ImageRepo>())));
    if (!built.complete) return built;
    services_.store->put_blob(image.manifest.config.digest, image.config);
    services_.store->images("")->put_manifest(manifest.descriptor.digest.text(), manifest);
    for (const std::string& name : job.tags) {
      const oci::Reference reference = oci::parse_reference(name);
      services_.store->images(reference.name())->put_manifest(reference.identifier(), manifest);
    }
    return built;
  }

  static unsigned count_base_layers(const steps::BuildPlan& plan) {
    const steps::StagePlan* stage = &plan.stages.at(plan.target);
    while (const auto* from = std::get_if<stages::FromStage>(&stage->base))
      stage = &plan.stages.at(from->index);
    return stage->base_image ? static_cast<unsigned>(stage->base_image->config.diff_ids.size()) : 0;
  }

  static std::vector<std::string> cache_tags(const steps::BuildPlan& plan,
                                             const snapshot::LayerStack& layers) {
    std::vector<std::string> tags;
    for (const auto& [index, stage] : plan.stages) {
      for (const steps::Step& step : stage.steps) {
        if (step.makes_layer) tags.push_back(cache::cache_tag(step.key));
      }
    }
    const std::vector<std::string> listings = listing_tags(layers);
    tags.insert(tags.end(), listings.begin(), listings.end());
    return tags;
  }

  static std::vector<std::string> listing_tags(const snapshot::LayerStack& layers) {
    std::vector<std::string> tags;
    for (const auto& layer : layers) tags.push_back(cache::listing_tag(layer->diff_id()));
    return tags;
  }

  void remember(std::shared_ptr<snapshot::PartialImage> image) {
    const std::lock_guard lock(mutex_);
    built_.insert_or_assign(image->manifest().descriptor.digest.text(), std::move(image));
  }

  std::shared_ptr<snapshot::PartialImage> built_image(const std::string& digest) {
    const std::lock_guard lock(mutex_);
    const auto found = built_.find(digest);
    return found == built_.end() ? nullptr : found->second;
  }

  static std::set<oci::Digest> layers_of(const oci::RawManifest& manifest) {
    std::set<oci::Digest> digests;
    const auto parsed = manifest.parsed();
    for (const auto& layer : std::get<oci::Manifest>(parsed).layers) digests.insert(layer.digest);
    return digests;
  }

  static constexpr unsigned kPullsAtOnce = 8;

  const EngineServices services_;
  executor::RunCredentials credentials_;
  cache::CacheRepos repos_;
  SeenWarnings seen_;
  // Guards `built_`.
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<snapshot::PartialImage>> built_;  // by digest
  std::mutex waiting_;
  cache::CacheExporter::Progress reported_;  // guarded by waiting_: what wait_for_cache() has told of
  cache::CacheExporter writer_;
};

}  // namespace

std::unique_ptr<engine::Engine> make_embedded_engine(EngineServices services) {
  return std::make_unique<EmbeddedEngine>(std::move(services));
}

}  // namespace ixian::embedded
