// The members stand in the order in which one needs the other, and all live as long as the plan: its
// instructions hold on to views, layers and keys that are answered by them.
#include "embedded/planned_build.h"

#include "context/filtered_view.h"
#include "context/git_mode_view.h"

namespace ixian::embedded {
namespace {

using CacheList = std::vector<std::shared_ptr<cache::CacheRepo>>;

CacheList with_caches(CacheList all, const std::vector<std::string>& names, cache::CacheRepos& repos) {
  for (const std::string& name : names) all.push_back(repos.to_read(name));
  return all;
}

OpenContext open_context(const engine::StageJob& job, const std::string& path, const std::string& dockerfile,
                         bool has_ignore_file) {
  OpenContext context;
  if (path.empty()) return context;
  const auto folder = std::make_shared<const context::DirectoryView>(path);
  context.view = folder;
  if (has_ignore_file) context.ignored = context::read_ignore_rules(path, dockerfile, job.excluded);
  // Only then can a bind mount show the folder itself, without a copy.
  if (context.ignored.empty() && job.modes == engine::ContextModes::kAsTheyAre) context.plain = folder;
  context.view = std::make_shared<const context::FilteredView>(context.view, context.ignored);
  if (job.modes == engine::ContextModes::kGit) {
    context.view = std::make_shared<const context::GitModeView>(
        context.view, job.source_date_epoch.value_or(context::kFixedTime));
  }
  return context;
}

std::map<std::string, std::shared_ptr<const context::FileView>> open_named(const engine::StageJob& job) {
  std::map<std::string, std::shared_ptr<const context::FileView>> views;
  for (const engine::NamedContext& each : job.contexts) {
    if (!each.folder.empty())
      views.insert_or_assign(each.name, open_context(job, each.folder, "", each.has_ignore_file).view);
  }
  return views;
}

}  // namespace

PlanningSources::PlanningSources(const engine::StageJob& job, const EngineServices& services,
                                 cache::CacheRepos& repos, SeenWarnings& seen, base::EventSink& events,
                                 base::Cancellation& cancellation)
    : read_from(with_caches({}, job.cache_from, repos)),
      listings(with_caches(read_from, job.listings_from, repos)),
      layers(
          services.store, events, cancellation,
          [this, &services, &events](const oci::Digest& diff_id, const oci::Descriptor& blob) {
            // A small layer is pulled as fast as it is asked for: only caches that are read anyway are asked.
            return cache::find_listing(blob.size < snapshot::kSmallLayer ? read_from : listings, diff_id,
                                       blob, *services.store, *services.losses, events);
          },
          services.losses),
      reading(read_from, layers),
      bases(layers, services.open_repo, job.pull, job.pinned, job.stages),
      context(open_context(job, job.context, job.dockerfile_path, job.has_ignore_file)),
      known_files(services.store->folder() + "/file-cache"),
      mounted(context.view, known_files, cancellation),
      sink(events, seen),
      sources{context.view, known_files,      bases,          *services.remote, sink, cancellation,
              mounted,      &context.ignored, open_named(job)} {}

PlannedBuild::PlannedBuild(const engine::StageJob& job, const EngineServices& services,
                           cache::CacheRepos& repos, SeenWarnings& seen, base::EventSink& events,
                           base::Cancellation& cancellation)
    : PlanningSources(job, services, repos, seen, events, cancellation),
      plan(steps::make_build_plan(job, sources)) {}

}  // namespace ixian::embedded
