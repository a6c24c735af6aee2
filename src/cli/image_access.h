// A project's images: the engine that builds them, the places where they are, and the work on them, put
// together in one place.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/registry_access.h"
#include "engine/engine.h"
#include "plan/images.h"
#include "run/image_work.h"
#include "script/image_hooks.h"
#include "script/image_settings.h"
#include "store/store.h"

namespace ixian::cli {

class Workspace;

// Made when it is first asked for anything: a command that needs no image pays nothing. Thread-safe.
class ImageAccess {
 public:
  // All outlive it.
  ImageAccess(const Options& options, Workspace& workspace, base::EventSink& sink,
              base::Cancellation& cancellation);
  ~ImageAccess();

  // For the image tasks of a graph.
  std::unique_ptr<plan::Images> images(const task::TaskGraph& graph);

  run::ImageWork& work();
  RegistryAccess& registries() { return registries_; }

  // The functions for images that are named and not planned. Those about tasks are the workspace's.
  script::ImageHooks hooks();

  // What led to the newest image of a stage that is known here, else in its registry; null where there is
  // none.
  base::Json earlier_inputs(const plan::KeyedStage& stage);

  // Waits for what is being pushed, and then writes down at the registry which images this run was about, so
  // that `ix why` and `ix image prune` know. Does nothing where no image was worked on.
  std::vector<run::PushFailure> finish(plan::Images& images);

 private:
  struct Impl;
  Impl& impl();
  std::vector<std::string> excluded() const;
  void record(plan::Images& images, const plan::ImagePlan& plan);

  const Options& options_;
  Workspace& workspace_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
  RegistryAccess registries_;
  std::once_flag made_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::cli
