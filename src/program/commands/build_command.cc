// `ix build`: an image from a Dockerfile, without a project and without a daemon.
//
// Several things wait for the network, and none for another: the registry of a cache is told of this build
// while it runs, and what is pushed to that cache is waited for at the end. A layer that was left in a cache
// and has gone meanwhile is found missing only when somebody needs it; the build is then made once more, and
// fetches all that it uses.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <optional>

#include "app/docker_services.h"
#include "app/engines.h"
#include "app/reexec.h"
#include "app/registry_clients.h"
#include "auth/docker_proxies.h"
#include "aws/environment.h"
#include "base/clock.h"
#include "base/error.h"
#include "build_flags/cache_option_values.h"
#include "build_results/build_outcome.h"
#include "build_results/warning_collector.h"
#include "cli/print.h"
#include "commands/build_forecast.h"
#include "commands/build_options.h"
#include "commands/table.h"
#include "exporter/export_image.h"
#include "fetch/fetcher.h"
#include "files/fs.h"
#include "registry/traffic.h"
#include "run/build_log.h"
#include "script/running_task.h"
#include "store/folder.h"
#include "store/store.h"

namespace ixian::commands {
namespace {

// Whether the line asks the Dockerfile something and builds nothing. A value that is wrong is told later.
bool asks_only(const cli::ParsedCommand& line) {
  bool asks = false;
  for (const cli::ParsedOption& each : line.options) {
    const std::string_view name = each.spec->name;
    if (name == "--check") asks = each.value == "true";
    if (name == "--call" || name == "--print") asks = !each.value.starts_with("build");
  }
  return asks;
}

exporter::OpenTarget open_target(app::RegistryClients& access, std::shared_ptr<registry::Traffic> traffic) {
  return
      [&access, traffic = std::move(traffic)](const oci::Reference& name) -> std::shared_ptr<oci::ImageRepo> {
        return registry::counted(access.registries().open(name, registry::Access::kPushAnywhere), traffic);
      };
}

// As `docker build` gives them: arguments like others, so that an ARG has them, too.
void add_proxies(BuildOptions& options, const app::EngineType& type) {
  const aws::Environment environment = aws::process_environment();
  const std::string address =
      type.builds_here() ? "" : aws::variable(environment, std::string(type.address_variable));
  options.job.build_args.merge(
      auth::without_given(auth::docker_proxies(environment, address), options.job.build_args));
}

// `store` is null where no engine here has one.
build_context::OpenedContexts open_contexts(BuildOptions& options, app::RegistryClients& access,
                                            const std::shared_ptr<store::Store>& store,
                                            base::Cancellation& cancellation) {
  std::shared_ptr<store::Store> work = store;
  if (!work && !options.contexts.is_all_here())
    work = store::Store::open(store::default_folder(), cancellation, {.only_reads = true});
  // Apart from that of ADD: what this one has fetched can go when it has been read.
  fetch::Fetcher fetcher(
      work, [&access]() -> http::Client& { return access.services().client; }, options.fetch_limits);
  return build_context::open_contexts(options.contexts, {work, fetcher, cancellation}, options.job);
}

// `access` outlives what is returned.
app::EngineParts engine_parts(const std::shared_ptr<store::Store>& store, app::RegistryClients& access,
                              const BuildOptions& options, const build_context::OpenedContexts& contexts,
                              const std::shared_ptr<registry::Traffic>& traffic,
                              base::Cancellation& cancellation) {
  app::EngineParts parts{access, cancellation, store, nullptr, {}, {}, nullptr};
  if (store) {
    parts.fetcher = std::make_shared<fetch::Fetcher>(
        store, [&access]() -> http::Client& { return access.services().client; }, options.fetch_limits);
  }
  parts.open_repo = build_context::with_layouts(
      [&access, traffic](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
        return registry::counted(access.registries().open(reference, registry::Access::kPull), traffic);
      },
      contexts.layouts);
  parts.open_for_push = [&access, traffic](const oci::Reference& name) -> std::shared_ptr<oci::ImageRepo> {
    const bool is_image = false;  // but a cache
    return registry::counted(access.registries().open(name, registry::Access::kPushAnywhere, is_image),
                             traffic);
  };
  return parts;
}

void refuse_for_daemon(const cli::Options& options, const app::EngineType& type) {
  const std::string_view ours = app::engine_types().front().name;
  if (options.dry_run) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format("the {} does not support --dry-run; nothing was done\nhint: use `ix --engine {}`",
                    type.daemon, ours));
  }
  if (options.is_given("--jobs")) {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("the {} does not support -j: it runs one instruction after the "
                                  "other\nhint: leave it out, or use `ix --engine {}`",
                                  type.daemon, ours));
  }
}

// A daemon keeps the image as it has built it; on its way out of there it can be changed.
void form_for_daemon(BuildOptions& options, const app::EngineType& type) {
  using Destination = exporter::OutputType::Destination;
  for (exporter::Output& output : options.outputs) {
    const Destination destination = output.type->destination;
    if (!output.type->is_image() || destination == Destination::kNowhere) continue;
    output.form.annotations.insert(options.job.annotations.begin(), options.job.annotations.end());
    if (!output.form.is_own() || (destination != Destination::kStore && destination != Destination::kDaemon))
      continue;
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format("the {} stores images as it builds them: compression, annotations and --squash "
                    "are not supported\nhint: write an archive with `-o type=oci,dest=FILE`, or use "
                    "`ix --engine {}`",
                    type.daemon, app::engine_types().front().name));
  }
}

// Whether what a daemon builds is copied to our store, to be written from there.
bool passes_store(const BuildOptions& options) {
  return std::any_of(options.outputs.begin(), options.outputs.end(), [](const exporter::Output& output) {
    return output.form.is_own() || (output.type->needs_destination() && !output.type->is_image());
  });
}

// Those that the engine gives the image: a daemon gives all, whose images are pushed by name.
std::vector<std::string> names_to_give(const BuildOptions& options, const app::EngineType& type) {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<oci::Reference>& more) {
    for (const oci::Reference& name : more)
      if (std::find(names.begin(), names.end(), name.text()) == names.end()) names.push_back(name.text());
  };
  if (!type.builds_here()) add(options.names);
  using Destination = exporter::OutputType::Destination;
  for (const exporter::Output& output : options.outputs) {
    const Destination destination = output.type->destination;
    const bool is_named =
        destination == Destination::kStore || (destination == Destination::kDaemon && !type.builds_here());
    if (is_named && !output.form.is_own()) add(options.names_in(output));
  }
  return names;
}

// For whoever makes room in the repository of the instruction cache. Nothing of an image is known before it
// is built.
run::RecordParts cache_record(const BuildOptions& options, const engine::BuiltStage* image) {
  if (options.job.cache_to.empty()) return {};
  const oci::Reference cache = oci::parse_reference(options.job.cache_to);
  if (build_flags::is_folder_cache(cache.name())) return {};  // removed as a whole, by whoever keeps it
  run::BuildRecord record{run::branch_name("", files::current_directory()), {}};
  if (image != nullptr) {
    const std::string digest = image->manifest.descriptor.digest.text();
    record.stages.push_back(
        {options.job.target, cache.name() + "@" + digest, digest, nullptr, image->cache_tags});
  }
  return {{cache.name(), std::move(record)}};
}

int answer_call(const CommandContext& context, BuildOptions& options, const app::EngineType& type) {
  app::RegistryClients access(context.sink, context.cancellation, context.workspace);
  const auto contexts = open_contexts(options, access, nullptr, context.cancellation);
  if (options.call.method == BuildCall::Method::kOutline) return answer_outline(options);
  if (options.call.method == BuildCall::Method::kTargets) return answer_targets(options);
  std::shared_ptr<store::Store> store;
  if (type.builds_here())
    store = store::Store::open(store::default_folder(), context.cancellation, {.only_reads = true});
  const auto engine = type.make(engine_parts(store, access, options, contexts,
                                             std::make_shared<registry::Traffic>(), context.cancellation));
  return answer_check(options, engine->check(options.job, context.sink, context.cancellation));
}

int print_forecast(const CommandContext& context, const BuildOptions& options, engine::Engine& engine) {
  const engine::BuildForecast forecast = engine.forecast(options.job, context.sink, context.cancellation);
  cli::print(forecast_text(forecast, options, cli::output_style()));
  return 0;
}

// `build` once, and once more where what was left in a cache until somebody needs it is not there any more:
// then all is fetched.
engine::BuiltStage build_twice_at_most(BuildOptions& options,
                                       const std::function<engine::BuiltStage()>& build) {
  try {
    return build();
  } catch (const engine::LostResult&) {
    options.job.lazy_layers = false;
  }
  try {
    return build();
  } catch (const engine::LostResult& lost) {
    throw base::Error(lost.why());
  }
}

// Asks whether there is a daemon before anything is built for it. Null where the engine is that daemon.
exporter::LoadIntoDocker load_into_docker(const CommandContext& context, const BuildOptions& options,
                                          const app::EngineType& type, app::RegistryClients& access) {
  if (!type.builds_here()) return nullptr;
  using Destination = exporter::OutputType::Destination;
  const bool loads = std::any_of(options.outputs.begin(), options.outputs.end(), [](const auto& output) {
    return output.type->destination == Destination::kDaemon;
  });
  if (loads) app::require_docker(access, context.cancellation);
  return [&](oci::ImageRepo& from, const std::string& ref, const std::vector<std::string>& names) {
    app::load_into_docker(access, from, ref, names, context.sink, context.cancellation);
  };
}

// What one build works with.
struct BuildWork {
  const CommandContext& context;
  BuildOptions& options;
  const app::EngineType& type;
  app::RegistryClients& access;
  std::shared_ptr<store::Store> store;  // null where a daemon builds
  std::shared_ptr<registry::Traffic> traffic;
  engine::Engine& engine;
  base::EventSink& sink;
};

void build_image(const BuildWork& work, build_results::BuildReport& report) {
  BuildOptions& options = work.options;
  base::Cancellation& cancellation = work.context.cancellation;
  const exporter::LoadIntoDocker load = load_into_docker(work.context, options, work.type, work.access);
  exporter::remove_id_file(options.id_file);
  const exporter::OpenTarget target = open_target(work.access, work.traffic);
  const exporter::OpenStore open_store = [&] {
    if (work.store) return work.store;
    return store::Store::open(store::default_folder(), cancellation);
  };
  base::SystemClock clock;
  run::BuildLog log({[&target](const std::string& name) { return target(oci::parse_reference(name)); }, clock,
                     work.sink, base::LogLevel::kDebug});
  // A registry that does not answer is waited for once, by whoever needs the cache. A daemon writes none.
  std::future<bool> announced;
  if (work.type.builds_here() && !options.job.cache_to.empty()) {
    announced = std::async(std::launch::async,
                           [&log, record = cache_record(options, nullptr)] { return log.begin(record); });
  }
  std::optional<exporter::Exported> exported;
  const engine::BuiltStage image = build_twice_at_most(options, [&] {
    const engine::BuiltStage built = work.engine.build(options.job, work.sink, cancellation);
    exported = exporter::export_image(
        {options, built, work.engine, target, open_store, load, work.sink, cancellation});
    return built;
  });
  work.engine.wait_for_cache(work.sink);
  if (announced.valid() && announced.get()) log.end(cache_record(options, &image));
  report.images.push_back(build_results::reported_image(options, image, *exported));
  report.images.back().platform = options.job.platform.value_or(oci::host_platform()).text();
}

// Whatever comes of it is told, and thrown on.
int build_and_tell(const BuildWork& work) {
  const cli::Options& flags = work.context.options;
  const auto start = std::chrono::steady_clock::now();
  build_results::BuildReport report;
  report.command = "build";
  const auto tell = [&] {
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    report.pulled = work.traffic->received;
    report.pushed = work.traffic->sent;
    report.mounted = work.traffic->mounted;
    build_results::tell_report(report, flags, work.context.sink);
  };
  try {
    build_image(work, report);
  } catch (const base::Error& error) {
    report.exit_code = static_cast<int>(error.code());
    report.error = error.message() + (error.context().empty() ? "" : "\n" + error.context());
    tell();
    build_results::tell_mistake(error.message(), work.options.job.dockerfile_path, work.context.sink);
    throw;
  }
  tell();
  const build_results::ReportedImage& image = report.images.front();
  if (!work.options.fills_standard_output && !flags.json)
    cli::print((work.options.quiet ? image.config_digest : image.digest) + "\n");
  return 0;
}

bool wants_warnings() {
  const std::string_view value = ui::process_environment()("BUILDX_METADATA_WARNINGS");
  return value == "1" || value == "true";
}

int run_build(const CommandContext& context) {
  if (context.workspace != nullptr) script::flush_output();
  const app::EngineType& type =
      context.options.engine != nullptr ? *context.options.engine : app::engine_types().front();
  const bool dry_run = context.options.dry_run;
  const bool builds = !dry_run && !asks_only(context.line);
  if (type.builds_here() && builds) app::require_own_namespaces();
  BuildOptions options = read_build_options(context.line);
  if (!builds && !dry_run) return answer_call(context, options, type);
  if (!type.builds_here()) {
    refuse_for_daemon(context.options, type);
    form_for_daemon(options, type);
    // Now, since standard input has not been read yet, and nothing has been built.
    if (builds && passes_store(options)) app::require_own_namespaces();
  }
  if (context.options.json && options.fills_standard_output) {
    throw base::Error(base::ErrorCode::kUsage,
                      "--json and an output both go to standard output\nhint: name a file, dest=FILE");
  }
  options.job.jobs = context.options.jobs;
  options.job.tags = names_to_give(options, type);
  add_proxies(options, type);
  build_results::WarningCollector sink(context.sink);
  if (wants_warnings())
    options.more_metadata = [&sink] { return base::Json{{"buildx.build.warnings", sink.warnings()}}; };

  for (const std::string& line : options.notes)
    context.sink.log(base::kNoActivity, base::LogLevel::kWarning, line);

  app::RegistryClients access(context.sink, context.cancellation, context.workspace,
                              {options.retries, options.auth_file});
  std::shared_ptr<store::Store> store;
  if (type.builds_here())
    store = store::Store::open(store::default_folder(), context.cancellation, {.only_reads = dry_run});
  const auto lease = store && !dry_run ? store->lease() : nullptr;
  const auto contexts = open_contexts(options, access, store, context.cancellation);
  const auto traffic = std::make_shared<registry::Traffic>();
  const auto engine =
      type.make(engine_parts(store, access, options, contexts, traffic, context.cancellation));
  if (dry_run) return print_forecast(context, options, *engine);
  return build_and_tell({context, options, type, access, store, traffic, *engine, sink});
}

}  // namespace

Command build_command() {
  return {"build",
          "Build an image from a Dockerfile",
          ProjectUse::kIfItLoads,
          build_spec,
          run_build,
          [](const cli::Options& options, const cli::ParsedCommand& line) {
            return !options.dry_run && !asks_only(line);
          }};
}

}  // namespace ixian::commands
