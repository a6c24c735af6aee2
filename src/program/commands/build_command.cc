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
  if (options.dry_run) {
    throw base::Error(base::ErrorCode::kUsage,
                      "The Docker daemon cannot tell what it would do without doing it, so that --dry-run is "
                      "refused. Nothing has been done. `ix --engine embedded` can tell.");
  }
  const auto& given = context.options.given;
  if (std::find(given.begin(), given.end(), "--jobs") != given.end()) {
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
  const std::vector<std::string>& args = context.options.run.args;
  if (std::any_of(args.begin(), args.end(), [](const auto& arg) { return arg == "--help" || arg == "-h"; })) {
    cli::print(command_page(build_command(), cli::output_style()));
    return 0;
  }
  if (context.workspace != nullptr) script::flush_output();
  const bool by_daemon = context.options.engine == app::EngineKind::kDocker;
  if (!by_daemon && !cli::asks_to_be_dry(context.options)) app::require_own_namespaces();
  BuildOptions options = parse_build_options(args);
  options.dry_run = options.dry_run || context.options.dry_run;
  if (by_daemon) return run_daemon_build(context, std::move(options));
  options.job.jobs = context.options.jobs;
  if (options.dry_run) return tell_of_build(context, std::move(options));
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
          "[-f FILE] [-t NAME]… [options] CONTEXT",
          "Build an image from a Dockerfile",
          "Builds the Dockerfile of the folder CONTEXT and keeps the image in ix's own store.\n"
          "It needs no project, no daemon and no root. What was built once is taken from the\n"
          "store. The image's digest is written to standard output.\n"
          "`ix --engine docker build …` lets the Docker daemon build; it keeps the image.\n"
          "\n"
          "    ix build -t shop/web:1 .\n"
          "    ix build --target test --build-arg VERSION=3 .\n"
          "    ix build -o type=docker,dest=web.tar -t web:1 .   for `docker load`\n"
          "    ix build -o out .                                 the files alone\n"
          "\n"
          "What is built:\n"
          "    -f, --file FILE         the Dockerfile; - is standard input\n"
          "                            (default: CONTEXT/Dockerfile)\n"
          "    --target STAGE          the stage to build (default: the last one)\n"
          "    --build-arg NAME=VALUE  for ARG; NAME alone takes the variable of that name\n"
          "    --label NAME=VALUE      a label of the image\n"
          "    --platform OS/ARCH      which machine it is for (default: this one)\n"
          "    --secret id=NAME,src=FILE or id=NAME,env=VARIABLE\n"
          "                            for RUN --mount=type=secret,id=NAME\n"
          "    --network WHICH         of RUN: default, none or host\n"
          "    -m, --memory SIZE       of a RUN, such as 2g (default: nine tenths of what is there)\n"
          "    --pids-limit N          processes and threads of a RUN (default: 2048)\n"
          "    --ulimit NAME=SOFT[:HARD]\n"
          "                            of each process of a RUN, such as nofile=1024:4096\n"
          "    --shm-size SIZE         of a RUN's /dev/shm (default: 64m)\n"
          "    --fetch-limit SIZE      the most that an ADD may fetch from a URL or a\n"
          "                            repository (default: 4g)\n"
          "    --fetch-timeout TIME    the longest that it may take (default: 1h)\n"
          "    --allow new-privileges  sudo, su and the like may change their user in a RUN\n"
          "\n"
          "From what:\n"
          "    --no-cache              run every instruction\n"
          "    --no-cache-filter STAGE those of these stages, with commas between\n"
          "    --pull                  ask the registry for newer base images\n"
          "    --cache-from REPO       a repository of a registry that may know what others\n"
          "                            have built; several are possible\n"
          "    --cache-to REPO         let others have what is built here\n"
          "\n"
          "Where to:\n"
          "    -t, --tag NAME          a name in the store; several are possible\n"
          "    --push                  to the registries of its names, and nowhere else\n"
          "    -o, --output WHERE      type=image             the store (default)\n"
          "                            type=registry          the same as --push; so is\n"
          "                                type=image,push=true\n"
          "                            type=oci,dest=FILE     an OCI archive; with\n"
          "                                tar=false a folder in the OCI image layout\n"
          "                            type=docker,dest=FILE  for docker load; dest=- is\n"
          "                                standard output\n"
          "                            type=tar,dest=FILE     the files; or FILE.tar, or -\n"
          "                            type=local,dest=DIR    the files; or just DIR\n"
          "    --iidfile FILE          write the image's ID there\n"
          "    --metadata-file FILE    write its digests and names there, as JSON\n"
          "    --dry-run               show which steps would run and which are cached;\n"
          "                            change nothing\n"
          "    --reproducible          times in the image are those of SOURCE_DATE_EPOCH,\n"
          "                            or 1970: the same input gives the same digest\n"
          "\n"
          "The store is $IXIAN_STORE, else $XDG_DATA_HOME/ixian, else /var/lib/ixian for\n"
          "root and ~/.local/share/ixian for others. `ix image prune` makes room in it.",
          ProjectUse::kIfItLoads,
          {"--jobs", "--engine", "--dry-run"},
          run_build,
          [](const cli::Options& options) { return !cli::asks_to_be_dry(options); }};
}

}  // namespace ixian::commands
