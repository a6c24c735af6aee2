// What a project names and does not make: the images that its Dockerfiles stand on, and what they ADD.
//
// Each is asked once and noted in the store. A note is used where registries are not to be asked (--no-pull),
// and where one does not answer: a registry that is down must not change keys, and so must not stop a build
// whose images are known.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/event.h"
#include "embedded/embedded_engine.h"
#include "engine/engine.h"
#include "oci/image_repo.h"
#include "oci/reference.h"
#include "plan/image_planner.h"
#include "store/store.h"

namespace ixian::app {

// Thread-safe.
class OutsideLookup {
 public:
  struct Services {
    std::shared_ptr<store::Store> store;
    std::shared_ptr<fetch::Fetcher> remote;
    engine::Engine& engine;
    bool is_daemon = false;  // the engine is one
    bool pull = true;        // registries are asked for what is noted, too
    std::function<bool()> offline;
    std::function<std::shared_ptr<oci::ImageRepo>(const oci::Reference& reference)> open;
    base::EventSink& sink;
    base::Cancellation& cancellation;
  };

  explicit OutsideLookup(Services services) : services_(std::move(services)) {}

  // As of keys::KeyCallbacks.
  std::string foreign_digest(const std::string& image);
  std::optional<keys::BaseFacts> known_base(const std::string& digest, const std::string& platform);
  keys::BaseFacts foreign_base(const std::string& image, const std::string& digest,
                               const std::string& platform);
  std::string remote_identity(const stages::RemoteSource& source);

 private:
  void warn_of_age(const std::string& name, const base::Error& error) const;

  const Services services_;
};

}  // namespace ixian::app
