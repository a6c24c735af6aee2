#include "engine/embedded_engine.h"

#include <fmt/format.h>

#include <variant>

#include "base/error.h"
#include "base/thread_pool.h"
#include "context/disk_view.h"
#include "context/filtered_view.h"
#include "engine/build_run.h"
#include "engine/image_assembly.h"
#include "oci/copy_image.h"
#include "oci/reference.h"

namespace ixian::engine {
namespace {

// A build's own, which stops when the program's does, and alone when one of its stages has failed.
std::shared_ptr<base::Cancellation> linked(base::Cancellation& whole) {
  auto own = std::make_shared<base::Cancellation>();
  whole.on_request([own] { own->request(); });
  if (whole.requested()) own->request();
  return own;
}

class EmbeddedEngine : public Engine {
 public:
  explicit EmbeddedEngine(EngineServices services) : services_(std::move(services)) {}

  Capabilities capabilities() const override { return {"embedded", true, true, false}; }

  std::optional<oci::Descriptor> find_image(const std::string& name) override {
    const oci::Reference reference = oci::parse_reference(name);
    return services_.store->images(reference.name())->find(reference.identifier());
  }

  BuiltStage build(const StageJob& job, base::EventSink& sink, base::Cancellation& cancellation) override {
    const auto own = linked(cancellation);
    try {
      return build_linked(job, sink, *own);
    } catch (...) {
      if (cancellation.requested()) throw base::Cancelled();
      throw;
    }
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
    return oci::copy_image(*from, identifier, to, ref, {}, cancellation).image;
  }

  bool remove_image(const std::string& name) override {
    const oci::Reference reference = oci::parse_reference(name);
    return services_.store->images(reference.name())->remove(reference.identifier());
  }

 private:
  BuiltStage build_linked(const StageJob& job, base::EventSink& sink, base::Cancellation& cancellation) {
    const auto lease = services_.store->lease();
    LayerServices layers(services_.store, sink, cancellation);
    BaseImages bases(layers, services_.open_repo, job.pull);
    RemoteSources remote(*services_.store, services_.http_client, cancellation);
    std::shared_ptr<const context::FileView> context;
    std::string plain_context;
    if (!job.context.empty()) {
      const auto disk = std::make_shared<const context::DiskView>(job.context);
      dockerfile::IgnoreRules rules = context::read_ignore_rules(*disk, job.dockerfile_path, job.excluded);
      if (rules.empty()) plain_context = job.context;
      context = std::make_shared<const context::FilteredView>(disk, std::move(rules));
    }
    base::StatCache known_files(services_.store->folder() + "/file-cache");
    const PlanSources sources{context, known_files, bases, remote, sink, cancellation};
    const BuildPlan plan = make_build_plan(job, sources);
    known_files.save();
    BuildRun run(job, plan, sources, layers, plain_context);
    const StageState state = run.build();
    cancellation.throw_if_requested();
    BuiltStage built = keep(plan, state, run.counts(), cancellation);
    for (const std::string& name : job.names) {
      const oci::Reference reference = oci::parse_reference(name);
      services_.store->images(reference.name())->put_manifest(reference.identifier(), built.manifest);
    }
    return built;
  }

  // The image as a whole in the store, pulling what of its base has not been needed so far.
  BuiltStage keep(const BuildPlan& plan, const StageState& state, const BuildCounts& counts,
                  base::Cancellation& cancellation) {
    const AssembledImage image = assemble(plan, plan.target, state);
    const LayerStack layers = without_empty(state.layers);
    base::parallel_for(layers.size(), kPullsAtOnce, [&](std::size_t i) {
      cancellation.throw_if_requested();
      layers[i]->ensure_blob();
    });
    services_.store->put_blob(image.manifest.config.digest, image.config);
    const oci::RawManifest manifest = oci::raw(image.manifest);
    services_.store->images("")->put_manifest(manifest.descriptor.digest.text(), manifest);
    return {manifest, image.manifest.config, counts.instructions, counts.cached};
  }

  static constexpr unsigned kPullsAtOnce = 8;

  const EngineServices services_;
};

}  // namespace

std::unique_ptr<Engine> make_embedded_engine(EngineServices services) {
  return std::make_unique<EmbeddedEngine>(std::move(services));
}

}  // namespace ixian::engine
