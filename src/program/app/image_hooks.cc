// What a project's Python may ask about images. Building needs namespaces of our own, which this process
// cannot enter any more, as it has threads and Python; so another ix is started to build, with the Dockerfile
// in a file of the builder's directory. What the Docker daemon is needed for (containers and volumes of
// tools) is asked of it with either engine.
#include "app/image_hooks.h"

#include <fmt/format.h>

#include "app/docker_services.h"
#include "app/reexec.h"
#include "base/activity.h"
#include "base/error.h"
#include "base/sha256.h"
#include "docker/docker_engine.h"
#include "files/fs.h"
#include "layout/docker_archive.h"
#include "layout/temporary_file.h"
#include "process/subprocess.h"
#include "run/project_job.h"
#include "script/running_task.h"
#include "store/folder.h"
#include "store/store.h"

namespace ixian::app {
namespace {

// Containers and volumes are a daemon's, whatever builds the images.
docker::DockerServices services_for_tools(ProjectImages& access, base::Cancellation& cancellation) {
  docker::DockerServices services = docker_services(access.registries(), cancellation);
  services.instead =
      "; tools run in a container by compose, which needs it with every engine (podman-compose, "
      "named in CONFIG.DOCKER.COMPOSE, needs none)";
  return services;
}

class Hooks {
 public:
  Hooks(ProjectImages& access, base::EventSink& sink, base::Cancellation& cancellation)
      : access_(access), sink_(sink), cancellation_(cancellation) {}

  void pull(const std::string& name) {
    const oci::Reference reference = oci::parse_reference(name);
    const auto repo = access_.open_repo(reference, false);
    if (!repo->find(reference.identifier())) {
      throw base::Error(base::ErrorCode::kRegistry,
                        fmt::format("image not found: {}\nhint: push it from where it was built", name));
    }
    access_.engine().import_image(*repo, reference.identifier(), name, cancellation_);
  }

  void push(const std::string& name) {
    const oci::Reference reference = oci::parse_reference(name);
    const auto repo = access_.open_repo(reference, true);
    access_.will_push(name);
    export_to(name, *repo, reference.identifier());
  }

  bool exists_in_registry(const std::string& name) {
    const oci::Reference reference = oci::parse_reference(name);
    const auto finder = access_.registry_finder(reference.name());
    return finder && finder->find(reference.identifier());
  }

  bool is_complete_in_registry(const std::string& name) {
    const oci::Reference reference = oci::parse_reference(name);
    return exists_in_registry(name) && access_.is_complete_in_registry(reference);
  }

  void load_into_docker(const std::string& name) {
    const auto daemon = docker::make_docker_engine(services_for_tools(access_, cancellation_));
    if (daemon->resolve(name)) return;
    const oci::Reference reference = oci::parse_reference(name);
    std::unique_ptr<layout::TemporaryFile> file;
    std::string ref = reference.identifier();
    std::shared_ptr<oci::ImageRepo> from;
    if (access_.builds_here() && access_.work().exported_name(name) != name) {
      // Just built, on layers that are not all here yet: it has no name in the store.
      file = std::make_unique<layout::TemporaryFile>(access_.builder_folder(), ".ix-load-");
      save(name, file->path());
      from = layout::open_docker_archive(file->path(), cancellation_);
      ref.clear();
    } else {
      from = place_of(reference, name);
    }
    base::Activity activity(sink_, {"docker", "takes " + name});
    activity.run([&] {
      try {
        daemon->import_image(*from, ref, name, cancellation_);
      } catch (...) {
        if (cancellation_.requested()) activity.end(base::ActivityStatus::kCancelled);
        throw;
      }
    });
  }

  void save(const std::string& name, const std::string& file) {
    const auto archive = layout::create_docker_archive(file, {name}, cancellation_);
    export_to(access_.work().exported_name(name), *archive, oci::parse_reference(name).identifier());
    archive->finish();
  }

  void build(const script::AdHocImage& request) {
    if (access_.builds_here() && !has_own_namespaces()) return build_outside(request);
    engine::StageJob job = run::make_stage_job(request.stage, request.name, access_.project_manner());
    job.no_cache = request.force;
    access_.engine().build(job, sink_, cancellation_);
  }

 private:
  // Nothing is built here, so that what is lost is an error.
  void export_to(const std::string& name, oci::ImageRepo& to, const std::string& ref) {
    try {
      access_.engine().export_image(name, to, ref, cancellation_);
    } catch (const engine::LostResult& lost) {
      throw base::Error(lost.why());
    }
  }

  // Where an image is that the daemon does not have: with the embedded engine in the store, else in the
  // registry.
  std::shared_ptr<oci::ImageRepo> place_of(const oci::Reference& reference, const std::string& name) {
    if (access_.builds_here() && access_.engine().resolve(name)) {
      const auto store = store::Store::open(store::default_folder(), cancellation_);
      return store->images(reference.name());
    }
    auto registry = access_.open_repo(reference, false);
    if (registry->find(reference.identifier())) return registry;
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("image not found in the local store or in its registry: {}", name));
  }

  // This process has threads and Python in it, and can no longer enter the namespaces that building needs:
  // another ix builds.
  void build_outside(const script::AdHocImage& request) {
    const task::StageDeclaration& stage = request.stage;
    const std::string dockerfile =
        access_.builder_folder() + "/Dockerfile." + base::sha256_hex(request.name).substr(0, 16);
    files::write_file_atomically(dockerfile, stage.dockerfile);
    process::Command command;
    command.argv = {"/proc/self/exe", "--progress", "plain",     "build", "--reproducible", "-f",
                    dockerfile,       "-t",         request.name};
    const auto add = [&](const std::string& option, const std::string& value) {
      if (value.empty()) return;
      command.argv.push_back(option);
      command.argv.push_back(value);
    };
    add("--target", stage.target);
    const engine::BuildNetwork network = access_.project_manner().network;
    if (network != engine::BuildNetwork::kDefault)
      add("--network", network == engine::BuildNetwork::kNone ? "none" : "host");
    add("--platform", stage.platform);
    for (const auto& [name, value] : stage.build_args) add("--build-arg", name + "=" + value);
    if (request.force) command.argv.push_back("--no-cache");
    command.argv.push_back(stage.context);
    const base::ActivityId activity = script::running_activity();
    command.on_line = [this, activity](std::string_view line) { sink_.output(activity, line); };
    command.env["SOURCE_DATE_EPOCH"] = std::to_string(project_time());
    const process::ExitStatus status = process::run_command(command, cancellation_);
    cancellation_.throw_if_requested();
    if (status.ok()) return;
    const auto code = status.code == static_cast<int>(base::ErrorCode::kRegistry)
                          ? base::ErrorCode::kRegistry
                          : base::ErrorCode::kTaskFailed;
    throw base::Error(code, fmt::format("cannot build {}: see the messages of its build", request.name));
  }

  ProjectImages& access_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
};

}  // namespace

script::ImageHooks image_hooks(ProjectImages& access, base::EventSink& sink,
                               base::Cancellation& cancellation) {
  const auto own = std::make_shared<Hooks>(access, sink, cancellation);
  script::ImageHooks hooks;
  hooks.exists_here = [&access](const std::string& name) {
    return access.engine().resolve(name).has_value();
  };
  hooks.exists_in_registry = [own](const std::string& name) { return own->exists_in_registry(name); };
  hooks.complete_in_registry = [own](const std::string& name) { return own->is_complete_in_registry(name); };
  hooks.pull = [own](const std::string& name) { own->pull(name); };
  hooks.push = [own](const std::string& name) { own->push(name); };
  hooks.remove = [&access](const std::string& name) { return access.engine().remove_image(name); };
  hooks.build = [own](const script::AdHocImage& request) { own->build(request); };
  hooks.load_into_docker = [own](const std::string& name) { own->load_into_docker(name); };
  hooks.save = [own](const std::string& name, const std::string& file) { own->save(name, file); };
  hooks.volume_exists = [&access, &cancellation](const std::string& name) {
    return docker::volume_exists(services_for_tools(access, cancellation), name);
  };
  return hooks;
}

}  // namespace ixian::app
