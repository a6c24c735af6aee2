// `ix build`: an image from a Dockerfile, without a project and without a daemon.
//
// Several things wait for the network, and none for another: the registry of a cache is told of this build
// while it runs, and what is pushed to that cache is waited for at the end. A layer that was left in a cache
// and has gone meanwhile is found missing only when somebody needs it; the build is then made once more, and
// fetches all that it uses.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>

#include "app/engines.h"
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
#include "exporter/export_image.h"
#include "fetch/fetcher.h"
#include "files/fs.h"
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

exporter::OpenTarget open_target(app::RegistryClients& access) {
  return [&access](const oci::Reference& name) -> std::shared_ptr<oci::ImageRepo> {
    return access.registries().open(name, registry::Access::kPushAnywhere);
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
                              base::Cancellation& cancellation) {
  app::EngineParts parts{access, cancellation, store, nullptr, {}, {}, nullptr};
  if (store) {
    parts.fetcher = std::make_shared<fetch::Fetcher>(
        store, [&access]() -> http::Client& { return access.services().client; }, options.fetch_limits);
  }
  parts.open_repo = build_context::with_layouts(
      [&access](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
        return access.registries().open(reference, registry::Access::kPull);
      },
      contexts.layouts);
  parts.open_for_push = [&access](const oci::Reference& name) -> std::shared_ptr<oci::ImageRepo> {
    return access.registries().open(name, registry::Access::kPushAnywhere, false);  // a cache, not an image
  };
  return parts;
}

void refuse_for_daemon(const cli::Options& options, const app::EngineType& type) {
  const std::string_view ours = app::engine_types().front().name;
  if (options.dry_run) {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("The {} cannot tell what it would do without doing it, so that --dry-run "
                                  "is refused. Nothing has been done. `ix --engine {}` can tell.",
                                  type.daemon, ours));
  }
  if (options.is_given("--jobs")) {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("The {} runs one instruction after the other: -j means nothing to it. "
                                  "Leave it out, or build with `ix --engine {}`.",
                                  type.daemon, ours));
  }
}

// Those that the engine gives the image: a daemon gives all, whose images are pushed by name.
std::vector<std::string> names_to_give(const BuildOptions& options, const app::EngineType& type) {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<oci::Reference>& more) {
    for (const oci::Reference& name : more)
      if (std::find(names.begin(), names.end(), name.text()) == names.end()) names.push_back(name.text());
  };
  if (!type.builds_here()) add(options.names);
  for (const exporter::Output& output : options.outputs)
    if (output.type->destination == exporter::OutputType::Destination::kStore) add(options.names_in(output));
  return names;
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

int answer_call(const CommandContext& context, BuildOptions& options, const app::EngineType& type) {
  app::RegistryClients access(context.sink, context.cancellation, context.workspace);
  const auto contexts = open_contexts(options, access, nullptr, context.cancellation);
  if (options.call.method == BuildCall::Method::kOutline) return answer_outline(options);
  if (options.call.method == BuildCall::Method::kTargets) return answer_targets(options);
  std::shared_ptr<store::Store> store;
  if (type.builds_here())
    store = store::Store::open(store::default_folder(), context.cancellation, {.only_reads = true});
  const auto engine = type.make(engine_parts(store, access, options, contexts, context.cancellation));
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

int run_build(const CommandContext& context) {
  if (context.workspace != nullptr) script::flush_output();
  const app::EngineType& type =
      context.options.engine != nullptr ? *context.options.engine : app::engine_types().front();
  const bool dry_run = context.options.dry_run;
  const bool builds = !dry_run && !asks_only(context.line);
  if (type.builds_here() && builds) app::require_own_namespaces();
  BuildOptions options = read_build_options(context.line);
  if (!builds && !dry_run) return answer_call(context, options, type);
  if (!type.builds_here()) refuse_for_daemon(context.options, type);
  options.job.jobs = context.options.jobs;
  options.job.tags = names_to_give(options, type);
  add_proxies(options, type);

  app::RegistryClients access(context.sink, context.cancellation, context.workspace);
  std::shared_ptr<store::Store> store;
  if (type.builds_here())
    store = store::Store::open(store::default_folder(), context.cancellation, {.only_reads = dry_run});
  const auto lease = store && !dry_run ? store->lease() : nullptr;
  const auto contexts = open_contexts(options, access, store, context.cancellation);
  const auto engine = type.make(engine_parts(store, access, options, contexts, context.cancellation));
  if (dry_run) return print_forecast(context, options, *engine);

  const exporter::OpenTarget target = open_target(access);
  const exporter::OpenStore open_store = [&] {
    if (store) return store;
    app::require_own_namespaces();
    return store::Store::open(store::default_folder(), context.cancellation);
  };
  base::SystemClock clock;
  run::BuildLog log({[&target](const std::string& name) { return target(oci::parse_reference(name)); }, clock,
                     context.sink, base::LogLevel::kDebug});
  // A registry that does not answer is waited for once, by whoever needs the cache. A daemon writes none.
  std::future<bool> announced;
  if (type.builds_here() && !options.job.cache_to.empty()) {
    announced = std::async(std::launch::async,
                           [&log, record = cache_record(options, nullptr)] { return log.begin(record); });
  }
  const engine::BuiltStage image = build_twice_at_most(options, [&] {
    const engine::BuiltStage built = engine->build(options.job, context.sink, context.cancellation);
    exporter::export_image({options, built, *engine, target, open_store, context.sink, context.cancellation});
    return built;
  });
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
          [](const cli::Options& options, const cli::ParsedCommand& line) {
            return !options.dry_run && !asks_only(line);
          }};
}

}  // namespace ixian::commands
