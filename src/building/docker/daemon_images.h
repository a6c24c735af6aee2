// Images on their way into a daemon and out of it.
#pragma once

#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "docker/docker_api.h"
#include "docker/docker_engine.h"
#include "oci/image_repo.h"
#include "oci/reference.h"

namespace ixian::docker {

// All outlive it. Errors as DockerApi's, and those of the repositories.
class DaemonImages {
 public:
  DaemonImages(DockerApi& api, const DockerServices& services, base::EventSink& sink,
               base::Cancellation& cancellation)
      : api_(api), services_(services), sink_(sink), cancellation_(cancellation) {}

  // The daemon has `name` (a reference in full) when this returns: it pulls it with our credentials, or ix
  // reads it for it. `platform`: "" is the daemon's. Throws Error{kRegistry} where there is no such image.
  void provide(const std::string& name, const std::string& platform);

  // What `ref` finds in `from` gets these names, read by ix. Without any it is known by its ID.
  void load(oci::ImageRepo& from, const std::string& ref, const std::vector<std::string>& names);

  // What `ref` finds in `from` gets the name; pulled by the daemon where it can.
  void import(oci::ImageRepo& from, const std::string& ref, const oci::Reference& name);

  // `image` is a name or an ID. Pushed by the daemon where there are credentials for it, else read from it.
  oci::Descriptor copy_to(const std::string& image, oci::ImageRepo& to, const std::string& ref);

 private:
  bool pull(const oci::Reference& reference, const std::string& platform, std::string& problem);
  bool push(const std::string& image, const oci::Reference& to);
  std::optional<RegistryAuth> login(const std::string& host) const;

  DockerApi& api_;
  const DockerServices& services_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
};

}  // namespace ixian::docker
