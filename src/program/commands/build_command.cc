// `ix build`: an image from a Dockerfile, without a project and without a daemon.
//
// Several things wait for the network, and none for another: the registry of a cache is told of this build
// while it runs, and what is pushed to that cache is waited for at the end. A layer that was left in a cache
// and has gone meanwhile is found missing only when somebody needs it; the build is then made once more, and
// fetches all that it uses.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <future>

#include "app/docker_services.h"
#include "app/reexec.h"
#include "app/registry_clients.h"
#include "auth/docker_proxies.h"
#include "aws/environment.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/print.h"
#include "commands/build_forecast.h"
#include "commands/build_options.h"
#include "commands/table.h"
#include "docker/docker_engine.h"
#include "embedded/embedded_engine.h"
#include "exporter/export_image.h"
#include "files/fs.h"
#include "run/build_log.h"
#include "script/running_task.h"
#include "store/folder.h"
#include "store/store.h"

namespace ixian::commands {
namespace {

bool is_of_files(const exporter::Output& output) {
  return output.kind == exporter::Output::Kind::kRootTar ||
         output.kind == exporter::Output::Kind::kRootFolder;
}

exporter::OpenTarget open_target(app::RegistryClients& access) {
  return [&access](const oci::Reference& name) -> std::shared_ptr<oci::ImageRepo> {
    return access.registries().open(name, registry::Access::kPushAnywhere);
  };
}

// What the daemon has built goes where it was asked for; files of the image by way of the store, which can
// read layers.
void deliver_from_daemon(const BuildOptions& options, const engine::BuiltStage& image, engine::Engine& daemon,
                         const exporter::OpenTarget& target, const CommandContext& context) {
  BuildOptions images = options;
  std::erase_if(images.outputs, [](const exporter::Output& output) {
    return is_of_files(output) || output.kind == exporter::Output::Kind::kImage;
  });
  exporter::export_image(images, image, nullptr, daemon, target, context.sink, context.cancellation);
  BuildOptions files;
  for (const exporter::Output& output : options.outputs) {
    if (is_of_files(output)) files.outputs.push_back(output);
  }
  if (files.outputs.empty()) return;
  app::require_own_namespaces();
  const auto store = store::Store::open(store::default_folder(), context.cancellation);
  const auto lease = store->lease();
  const auto repo = store->images("");
  const oci::Descriptor copied =
      daemon.export_image(image.manifest.descriptor.digest.text(), *repo, "", context.cancellation);
  engine::BuiltStage stored = image;
  stored.manifest = *repo->read_manifest(copied.digest.text());
  exporter::export_image(files, stored, store, daemon, target, context.sink, context.cancellation);
}

// As `docker build` gives them: arguments like others, so that an ARG has them, too.
void add_proxies(BuildOptions& options, const aws::Environment& environment, const std::string& daemon) {
  options.job.build_args.merge(
      auth::without_given(auth::docker_proxies(environment, daemon), options.job.build_args));
}

// `access` outlives what is returned.
embedded::EngineServices engine_services(const std::shared_ptr<store::Store>& store,
                                         app::RegistryClients& access, const BuildOptions& options) {
  embedded::EngineServices services;
  services.store = store;
  services.open_repo = [&access](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
    return access.registries().open(reference, registry::Access::kPull);
  };
  services.open_for_push = [&access](const oci::Reference& name) -> std::shared_ptr<oci::ImageRepo> {
    return access.registries().open(name, registry::Access::kPushAnywhere, false);  // a cache, not an image
  };
  services.remote = std::make_shared<fetch::Fetcher>(
      store, [&access]() -> http::Client& { return access.services().client; }, options.fetch_limits);
  return services;
}

int run_daemon_build(const CommandContext& context, BuildOptions options) {
  if (context.options.dry_run) {
    throw base::Error(base::ErrorCode::kUsage,
                      "The Docker daemon cannot tell what it would do without doing it, so that --dry-run is "
                      "refused. Nothing has been done. `ix --engine embedded` can tell.");
  }
  if (context.options.is_given("--jobs")) {
    throw base::Error(
        base::ErrorCode::kUsage,
        "The Docker daemon runs one instruction after the other: -j means nothing to it. Leave it "
        "out, or build with `ix --engine embedded`.");
  }
  app::RegistryClients access(context.sink, context.cancellation, context.workspace);
  const aws::Environment& environment = access.services().environment;
  add_proxies(options, environment, aws::variable(environment, "DOCKER_HOST"));
  for (const oci::Reference& name : options.names) options.job.names.push_back(name.text());
  for (const exporter::Output& output : options.outputs) {
    if (output.kind != exporter::Output::Kind::kImage) continue;
    for (const oci::Reference& name : output.names) options.job.names.push_back(name.text());
  }
  const auto daemon = docker::make_docker_engine(app::docker_services(access, context.cancellation));
  const engine::BuiltStage image = daemon->build(options.job, context.sink, context.cancellation);
  deliver_from_daemon(options, image, *daemon, open_target(access), context);
  if (!options.fills_standard_output) cli::print(image.manifest.descriptor.digest.text() + "\n");
  return 0;
}

// For whoever makes room in the repository of the instruction cache. Nothing of an image is known before it
// is built.
run::RecordParts cache_record(const BuildOptions& options, const engine::BuiltStage* image) {
  if (options.job.cache_to.empty()) return {};
  const oci::Reference cache = oci::parse_reference(options.job.cache_to);
  if (!cache.tag.empty() || cache.digest) return {};  // refused by the build
  run::BuildRecord record{run::branch_name("", files::current_directory()), {}};
  if (image != nullptr) {
    const std::string digest = image->manifest.descriptor.digest.text();
    record.stages.push_back(
        {options.job.target, cache.name() + "@" + digest, digest, nullptr, image->cache_tags});
  }
  return {{cache.name(), std::move(record)}};
}

// Of no daemon, which cannot be asked.
int tell_of_build(const CommandContext& context, BuildOptions options) {
  app::RegistryClients access(context.sink, context.cancellation, context.workspace);
  add_proxies(options, aws::process_environment(), "");
  const auto store = store::Store::open(store::default_folder(), context.cancellation, {.only_reads = true});
  const auto engine = embedded::make_embedded_engine(engine_services(store, access, options));
  const engine::BuildForecast forecast = engine->forecast(options.job, context.sink, context.cancellation);
  cli::print(forecast_text(forecast, options, cli::output_style()));
  return 0;
}

int run_build(const CommandContext& context) {
  if (context.workspace != nullptr) script::flush_output();
  const bool by_daemon = context.options.engine == app::EngineKind::kDocker;
  const bool dry_run = context.options.dry_run;
  if (!by_daemon && !dry_run) app::require_own_namespaces();
  BuildOptions options = read_build_options(context.line);
  if (by_daemon) return run_daemon_build(context, std::move(options));
  options.job.jobs = context.options.jobs;
  if (dry_run) return tell_of_build(context, std::move(options));
  app::RegistryClients access(context.sink, context.cancellation, context.workspace);
  add_proxies(options, aws::process_environment(), "");
  const auto store = store::Store::open(store::default_folder(), context.cancellation);
  const auto lease = store->lease();
  const auto engine = embedded::make_embedded_engine(engine_services(store, access, options));
  base::SystemClock clock;
  run::BuildLog log({[&access](const std::string& name) -> std::shared_ptr<oci::ImageRepo> {
                       return open_target(access)(oci::parse_reference(name));
                     },
                     clock, context.sink, base::LogLevel::kDebug});
  // A registry that does not answer is waited for once, by whoever needs the cache.
  std::future<bool> announced;
  if (!options.job.cache_to.empty()) {
    announced = std::async(std::launch::async,
                           [&log, record = cache_record(options, nullptr)] { return log.begin(record); });
  }
  const auto build = [&] {
    const engine::BuiltStage image = engine->build(options.job, context.sink, context.cancellation);
    exporter::export_image(options, image, store, *engine, open_target(access), context.sink,
                           context.cancellation);
    return image;
  };
  const engine::BuiltStage image = [&] {
    try {
      return build();
    } catch (const engine::LostResult&) {
      // What was left in a cache until somebody needs it is not there any more: this time all is fetched.
      options.job.lazy_layers = false;
    }
    try {
      return build();
    } catch (const engine::LostResult& lost) {
      throw base::Error(lost.why());
    }
  }();
  engine->wait_for_cache(context.sink);
  if (announced.valid() && announced.get()) log.end(cache_record(options, &image));
  if (!options.fills_standard_output) cli::print(image.manifest.descriptor.digest.text() + "\n");
  return 0;
}

}  // namespace

Command build_command() {
  return {"build",
          "Build an image from a Dockerfile",
          ProjectUse::kIfItLoads,
          build_spec,
          run_build,
          [](const cli::Options& options, const cli::ParsedCommand&) { return !options.dry_run; }};
}

}  // namespace ixian::commands
