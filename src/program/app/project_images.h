// A project's images: the engine that builds them, the places where they are, and the work on them, put
// together in one place.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/registry_clients.h"
#include "app/run_options.h"
#include "engine/engine.h"
#include "plan/image_planner.h"
#include "registry/traffic.h"
#include "run/build_log.h"
#include "run/image_builder.h"
#include "script/docker_settings.h"
#include "store/store.h"

namespace ixian::app {

class Workspace;

// The time of what a project's images hold: SOURCE_DATE_EPOCH, else one fixed date.
std::int64_t project_time();

// Made when it is first asked for anything: a command that needs no image pays nothing. Thread-safe.
class ProjectImages {
 public:
  // All outlive it.
  ProjectImages(const RunOptions& options, Workspace& workspace, base::EventSink& sink,
                base::Cancellation& cancellation);
  ~ProjectImages();

  // For the image tasks of a graph.
  std::unique_ptr<plan::ImagePlanner> images(const task::TaskGraph& graph);

  // From now on no registry is asked: what is not known here is not known. Before anything else.
  void ask_nobody() { offline_ = true; }

  run::ImageBuilder& work();
  RegistryClients& registries() { return registries_; }

  const registry::Traffic& traffic();  // of images and caches, so far

  engine::Engine& engine();
  bool builds_here();  // the engine is this program

  // A repository of a registry. Throws Error{kRegistry} for pushing to one that is not configured.
  std::shared_ptr<oci::ImageRepo> open_repo(const oci::Reference& reference, bool push);

  // For look-ups. Null, and a warning the first time, for a registry that is not configured.
  std::shared_ptr<oci::ImageFinder> registry_finder(const std::string& repository);

  // Whether the registry has the image with all its parts; where it has not, pushing sends what is missing.
  bool is_complete_in_registry(const oci::Reference& image);

  const std::string& builder_folder() const;

  // How any image of the project is built.
  run::ProjectBuildOptions project_manner();

  // What led to the newest image of a stage that is known here, else in its registry; null where there is
  // none.
  base::Json earlier_inputs(const keys::ResolvedStage& stage);

  // Before an image is pushed that no plan pushes: of a stage, it is written down with the others.
  void will_push(const std::string& image);

  // Waits for what is being pushed, and then writes down in the repositories which images this run was about,
  // so that `ix why` and `ix image prune` know. Nothing is written down of a run that is not `complete`.
  std::vector<run::PushFailure> finish(plan::ImagePlanner& images, bool complete);

 private:
  struct Impl;
  Impl& impl();
  std::vector<std::string> excluded() const;
  bool is_dry() const { return options_.dry_run || options_.show; }  // nothing is changed, not even noted
  run::RecordParts record_parts(plan::ImagePlanner* images);

  const RunOptions& options_;
  Workspace& workspace_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
  RegistryClients registries_;
  // Set before anything else is asked; all that can change later is in Impl, under its own mutex.
  std::atomic<bool> offline_{false};
  std::once_flag made_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::app
