// The engine that asks a Docker daemon, for those who have one: same stages, same names, same files.
//
// The room's front door. In: a StageJob. Out: an image in a daemon, known by its ID. DockerApi speaks to the
// daemon, LegacyBuild says what its builder will do, DaemonImages brings images in and out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "docker/daemon_address.h"
#include "docker/login.h"
#include "engine/engine.h"
#include "oci/open_repo.h"

namespace ixian::docker {

// What it has from outside; all of it thread-safe. What is null is done without.
struct DockerServices {
  base::Cancellation& cancellation;  // of calls that are given none; outlives the engine
  Environment environment;           // DOCKER_HOST and its like

  // The daemon pulls and pushes with these.
  FindRegistryAuth login;

  // Registries that the daemon cannot use (folders, those that it does not trust) are read by ix for it.
  oci::OpenRepo open_repo;
  std::function<bool(const std::string& host)> daemon_can_reach;  // null: all of them

  // For those whom no other engine helps where no daemon answers: the end of the advice. "": build without.
  std::string instead;
};

// Differs from the embedded engine in what Docker's API offers:
//  - images have no manifest here: BuiltStage::manifest has no bytes, its digest is the image's ID;
//  - what only BuildKit knows (RUN --mount, here-documents, COPY --link …) is Error{kUsage} before anything
//    is built. So are secrets, that way;
//  - `cache_from`, `cache_to`, `lazy_layers` and `jobs` are of no consequence: the daemon has its own cache;
//  - `source_date_epoch` is for the files of the context alone.
// Error{kTaskFailed} where no daemon answers, or refuses what it is asked. Makes no connection before it is
// needed. Throws Error{kUsage} for a DOCKER_HOST that cannot be used.
std::unique_ptr<engine::Engine> make_docker_engine(DockerServices services);

// Throws Error{kTaskFailed}, with what to do, where no daemon answers.
void require_daemon(const DockerServices& services);

// The daemon has what `ref` finds in `from` under these names when this returns. An activity of `sink`. All
// outlive the call. Throws as an engine does.
void load_image(const DockerServices& services, oci::ImageRepo& from, const std::string& ref,
                const std::vector<std::string>& names, base::EventSink& sink,
                base::Cancellation& cancellation);

// For the checker DockerVolumeExists.
bool volume_exists(const DockerServices& services, const std::string& name);

}  // namespace ixian::docker
