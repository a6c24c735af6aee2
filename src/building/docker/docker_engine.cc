// A Docker daemon as an engine. Its API offers the builder from before BuildKit: the context goes in as a
// tar, messages for people come out. (BuildKit's own protocol is gRPC over an upgraded connection, with a
// session in the other direction: much for an engine that is the second choice.) An image of the daemon has
// no manifest until it is pushed, so here its ID stands in for a digest, and nothing can be said about the
// key that it was made for.
#include "docker/docker_engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "context/directory_view.h"
#include "context/filtered_view.h"
#include "context/git_mode_view.h"
#include "docker/build_progress.h"
#include "docker/context_archive.h"
#include "docker/daemon_images.h"
#include "docker/docker_api.h"
#include "docker/legacy_builder.h"
#include "oci/media_types.h"

namespace ixian::docker {
namespace {

using base::Error;
using base::ErrorCode;

constexpr char kIgnoreFile[] = ".dockerignore";

std::string read_text(const context::FileView& view, const std::string& path) {
  const files::UniqueFd fd = view.open(path);
  std::string text(base::kMostBytes, '\0');
  std::size_t size = 0;
  ssize_t count = 0;
  while ((count = ::read(fd.get(), text.data() + size, text.size() - size)) > 0)
    size += static_cast<std::size_t>(count);
  text.resize(size);
  return text;
}

// As the API has them: Docker's names, -1 for what is unlimited.
std::string ulimits_text(const std::vector<engine::Ulimit>& limits) {
  constexpr std::string_view kPrefix = "RLIMIT_";
  base::Json list = base::Json::array();
  for (const engine::Ulimit& limit : limits) {
    list.push_back({{"Name", base::to_lower(limit.name.substr(kPrefix.size()))},
                    {"Soft", static_cast<std::int64_t>(limit.soft)},
                    {"Hard", static_cast<std::int64_t>(limit.hard)}});
  }
  return list.dump();
}

bool holds(const context::FileView& view, const std::string& path, const std::string& text) {
  const auto entry = view.find(path);
  return entry && entry->type == tar::TarType::kFile && entry->size == text.size() &&
         read_text(view, path) == text;
}

// Puts the Dockerfile into the archive, and returns its name there. It must not get into the image by a `COPY
// .`: the daemon takes it and .dockerignore away again where the latter says so. What else is to be left out
// has been.
std::string place_dockerfile(ContextArchive& archive, const context::FileView* view,
                             const engine::StageJob& job) {
  const bool under_context = !job.context.empty() && job.dockerfile_path.starts_with(job.context + "/");
  if (view != nullptr && under_context) {
    const std::string own = job.dockerfile_path.substr(job.context.size() + 1);
    // The usual case: the context has it, and the cache of the daemon stays what plain `docker build` filled.
    if (holds(*view, own, job.dockerfile)) return own;
  }
  std::string name = ".ix.Dockerfile";
  while (archive.contains(name)) name += "_";
  archive.add_text(name, job.dockerfile);
  const bool visible = archive.contains(kIgnoreFile);
  std::string rules = visible ? read_text(*view, kIgnoreFile) : std::string(kIgnoreFile);
  if (!rules.ends_with('\n')) rules += "\n";
  archive.add_text(kIgnoreFile, rules + name + "\n");
  return name;
}

DaemonAddress address_for(const DockerServices& services) {
  DaemonAddress address = daemon_address(services.environment);
  if (!services.instead.empty()) address.instead = services.instead;
  return address;
}

class DockerEngine : public engine::Engine {
 public:
  explicit DockerEngine(DockerServices services)
      : services_(std::move(services)),
        address_(address_for(services_)),
        api_(address_, services_.cancellation) {}

  std::optional<oci::Descriptor> resolve(const std::string& name) override { return find(api_, name); }

  base::Json image_runtime(const std::string& name) override {
    const auto image = api_.inspect_image(name);
    return image && image->contains("Config") ? image->at("Config") : base::Json();
  }

  engine::BuiltStage build(const engine::StageJob& job, base::EventSink& sink,
                           base::Cancellation& cancellation) override {
    const LegacyBuild plan = plan_classic_build(job);
    DockerApi api(address_, cancellation);
    provide_bases(plan, job, api, sink, cancellation);
    const auto view = open_context(job);
    ContextArchive archive(view, cancellation);
    const std::string dockerfile = place_dockerfile(archive, view.get(), job);
    if (job.source_date_epoch) {
      sink.log(
          base::kNoActivity, base::LogLevel::kDebug,
          "SOURCE_DATE_EPOCH sets the time of the copied files only; other times are the Docker daemon's");
    }
    BuildProgress progress(plan, sink);
    api.build(parameters(job, dockerfile), archive.body(),
              [&](const base::Json& message) { progress.take(message); });
    cancellation.throw_if_requested();
    progress.finish();
    const auto built = find(api, progress.image_id());
    if (!built) {
      throw Error(ErrorCode::kTaskFailed,
                  "image already removed from the Docker daemon\nhint: build again, and do not prune during "
                  "the build");
    }
    return {{*built, ""}, *built, true, progress.steps(), progress.cached(), {}};
  }

  void import_image(oci::ImageRepo& from, const std::string& ref, const std::string& name,
                    base::Cancellation& cancellation) override {
    DockerApi api(address_, cancellation);
    base::NullSink sink;
    DaemonImages(api, services_, sink, cancellation).import(from, ref, oci::parse_reference(name));
  }

  oci::Descriptor export_image(const std::string& name, oci::ImageRepo& to, const std::string& ref,
                               base::Cancellation& cancellation) override {
    DockerApi api(address_, cancellation);
    base::NullSink sink;
    return DaemonImages(api, services_, sink, cancellation).copy_to(name, to, ref);
  }

  bool remove_image(const std::string& name) override { return api_.remove(name); }

 private:
  static std::optional<oci::Descriptor> find(DockerApi& api, const std::string& name) {
    const auto image = api.inspect_image(name);
    if (!image) return std::nullopt;
    const auto id = oci::Digest::parse(image->value("Id", ""));
    if (!id) return std::nullopt;
    return oci::Descriptor{
        std::string(oci::kDockerConfig), *id, image->value("Size", std::uint64_t{0}), {}, {}, {}, {}};
  }

  void provide_bases(const LegacyBuild& plan, const engine::StageJob& job, DockerApi& api,
                     base::EventSink& sink, base::Cancellation& cancellation) {
    DaemonImages images(api, services_, sink, cancellation);
    for (const std::string& name : plan.images) {
      // Bases are brought in before the build, whose own request carries no credentials for registries.
      const bool may_be_older =
          job.pull == engine::PullPolicy::kMissing || job.pull == engine::PullPolicy::kNever;
      if (may_be_older && api.inspect_image(name)) continue;
      if (job.pull == engine::PullPolicy::kNever) {
        throw Error(
            ErrorCode::kRegistry,
            fmt::format("the Docker daemon has no image {}, and --pull=never asks no registry", name));
      }
      try {
        images.provide(name, job.platform ? job.platform->text() : "");
      } catch (const Error& error) {
        const std::string image = oci::parse_reference(name).text();
        if (error.code() != ErrorCode::kRegistry || !job.stages.contains(image)) throw;
        throw engine::LostResult(error, image);
      }
    }
  }

  static std::shared_ptr<const context::FileView> open_context(const engine::StageJob& job) {
    if (job.context.empty()) return nullptr;
    std::shared_ptr<const context::FileView> view =
        std::make_shared<const context::DirectoryView>(job.context);
    view = std::make_shared<const context::FilteredView>(
        view, context::read_ignore_rules(job.context, job.dockerfile_path, job.excluded));
    if (job.modes == engine::ContextModes::kGit) {
      view = std::make_shared<const context::GitModeView>(
          view, job.source_date_epoch.value_or(context::kFixedTime));
    }
    return view;
  }

  static DockerApi::Parameters parameters(const engine::StageJob& job, const std::string& dockerfile) {
    DockerApi::Parameters all = {{"dockerfile", dockerfile}, {"rm", "1"}, {"forcerm", "1"}};
    for (const std::string& name : job.tags) all.emplace_back("t", name);
    if (!job.target.empty()) all.emplace_back("target", job.target);
    if (job.platform) all.emplace_back("platform", job.platform->text());
    if (job.no_cache) all.emplace_back("nocache", "1");
    if (job.network == engine::BuildNetwork::kNone) all.emplace_back("networkmode", "none");
    if (job.network == engine::BuildNetwork::kHost) all.emplace_back("networkmode", "host");
    if (job.limits.memory && *job.limits.memory != 0)
      all.emplace_back("memory", std::to_string(*job.limits.memory));
    if (job.limits.shm) all.emplace_back("shmsize", std::to_string(*job.limits.shm));
    if (!job.limits.ulimits.empty()) all.emplace_back("ulimits", ulimits_text(job.limits.ulimits));
    if (job.limits.memory_swap) {
      all.emplace_back("memswap",
                       *job.limits.memory_swap == 0 ? "-1" : std::to_string(*job.limits.memory_swap));
    }
    const engine::CpuLimits& cpu = job.limits.cpu;
    if (cpu.quota != 0) all.emplace_back("cpuquota", std::to_string(cpu.quota));
    if (cpu.period != 0) all.emplace_back("cpuperiod", std::to_string(cpu.period));
    if (cpu.shares != 0) all.emplace_back("cpushares", std::to_string(cpu.shares));
    if (!cpu.cpus.empty()) all.emplace_back("cpusetcpus", cpu.cpus);
    if (!cpu.mems.empty()) all.emplace_back("cpusetmems", cpu.mems);
    for (const auto& [name, address] : job.extra_hosts) all.emplace_back("extrahosts", name + ":" + address);
    // The daemon keeps proxies out of its cache and out of the history, as long as no ARG declares them.
    std::map<std::string, std::string> arguments = job.proxies;
    for (const auto& [name, value] : job.build_args) {
      arguments.erase(base::to_upper(name));
      // A build argument goes before a proxy of that name, however it is spelt.
      arguments[name] = value;
    }
    if (!arguments.empty()) all.emplace_back("buildargs", base::canonical_json(arguments));
    if (!job.labels.empty()) all.emplace_back("labels", base::canonical_json(job.labels));
    return all;
  }

  const DockerServices services_;
  const DaemonAddress address_;
  DockerApi api_;
};

}  // namespace

std::unique_ptr<engine::Engine> make_docker_engine(DockerServices services) {
  return std::make_unique<DockerEngine>(std::move(services));
}

void require_daemon(const DockerServices& services) {
  DockerApi(address_for(services), services.cancellation).require();
}

void load_image(const DockerServices& services, oci::ImageRepo& from, const std::string& ref,
                const std::vector<std::string>& names, base::EventSink& sink,
                base::Cancellation& cancellation) {
  DockerApi api(address_for(services), cancellation);
  DaemonImages(api, services, sink, cancellation).load(from, ref, names);
}

bool volume_exists(const DockerServices& services, const std::string& name) {
  return DockerApi(address_for(services), services.cancellation).volume_exists(name);
}

}  // namespace ixian::docker
