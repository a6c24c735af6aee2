// A loaded project with all that commands need to work on it.
//
// The front door of this room: a project put together, without a command line. A Workspace has its tasks,
// states and plans; ProjectImages (project_images.h) the engine and places of its images; RegistryClients
// (registry_clients.h) the way to registries.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "app/project_images.h"
#include "app/run_options.h"
#include "base/cancel.h"
#include "base/event.h"
#include "plan/task_plan.h"
#include "run/runner.h"
#include "script/project.h"
#include "task/graph.h"
#include "task/state_store.h"
#include "task/states.h"

namespace ixian::app {

// The project file that this run is about, absolute: IXIAN_CONFIG, else ixian.py in the current folder. It
// need not exist.
std::string project_file();

// The nearest folder above the current one that has an ixian.py; "" where there is none, or IXIAN_CONFIG says
// which one counts.
std::string project_above();

// Everything is in place once the constructor returns. Python's calls into it may come from any thread.
// Invariant: `main_` never changes after construction, so the references to its parts stay valid. Owner:
// run_ix(), for one command.
class Workspace {
 public:
  // Shows the help page of a task, of all where it is "".
  using ShowHelp = std::function<void(Workspace& workspace, const std::string& task)>;

  // Loads the project. `show_help` is for its tasks, which may ask for it. Throws base::Error{kProject}.
  Workspace(const RunOptions& options, std::vector<std::string> argv, ShowHelp show_help,
            base::EventSink& sink, base::Cancellation& cancellation);

  // What `ix TASK` would do. Throws base::Error: an unknown task, a ring, a checker that raises.
  plan::TaskPlan plan(const std::string& task, const plan::TaskOptions& options);

  // After a run: waits for images that are being pushed, writes the build down at the registry, and adds to
  // the report what went wrong.
  void finish_images(run::Report& report);

  script::Project& project() { return *project_; }
  const task::TaskGraph& graph() const { return main_->graph; }
  task::TaskStates& states() { return main_->states; }
  plan::ImagePlanner* images() { return main_->images.get(); }  // null where the project has no image tasks
  ProjectImages& image_access() { return *image_access_; }
  task::StateStore& store() { return *store_; }
  const std::string& builder_folder() const { return builder_folder_; }
  base::EventSink& sink() { return sink_; }
  base::Cancellation& cancellation() { return cancellation_; }

 private:
  // The tasks at one moment. Those of a project may grow while it loads, and while its tasks run.
  struct Snapshot {
    Snapshot(std::vector<task::Task> tasks, ProjectImages& access);
    task::TaskGraph graph;
    std::unique_ptr<plan::ImagePlanner> images;  // null where there are no image tasks
    task::TaskStates states;
  };

  void load(const script::ProjectOptions& options);
  script::Hooks make_hooks();
  std::shared_ptr<Snapshot> snapshot();
  task::TaskId require(const Snapshot& snapshot, const std::string& name) const;
  task::TaskId require_image(const Snapshot& snapshot, const std::string& name) const;
  bool run_nested(const std::string& task, const std::vector<std::string>& args,
                  const std::map<std::string, bool>& flags);

  const ShowHelp show_help_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
  std::unique_ptr<ProjectImages> image_access_;
  std::unique_ptr<script::Project> project_;
  std::string builder_folder_;
  std::unique_ptr<task::StateStore> store_;
  std::shared_ptr<Snapshot> main_;

  // Guards the two below.
  std::mutex latest_mutex_;
  std::shared_ptr<Snapshot> latest_;
  std::uint64_t latest_version_ = 0;
};

}  // namespace ixian::app
