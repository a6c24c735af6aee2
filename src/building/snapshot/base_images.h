// The images that a Dockerfile names: FROM, COPY --from, RUN --mount=from.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "engine/stage_job.h"
#include "oci/image_config.h"
#include "oci/image_repo.h"
#include "oci/open_repo.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "snapshot/lazy_layer.h"

namespace ixian::snapshot {

// What is known of an image without its layers' bytes.
struct BaseImage {
  oci::Digest digest;  // of its manifest
  oci::ImageConfig config;
  LayerStack layers;  // to be pulled when somebody needs them
};

// Thread-safe; one for a build, in which a name always means the same image.
class BaseImages {
 public:
  // `pull`, `pinned`, `stages`: as in StageJob.
  BaseImages(LayerContext& services, oci::OpenRepo open, engine::PullPolicy pull,
             std::map<std::string, std::string> pinned, std::set<std::string> stages = {})
      : services_(services),
        open_(std::move(open)),
        pull_(pull),
        pinned_(std::move(pinned)),
        stages_(std::move(stages)) {}

  // Manifest and config are read, and kept in the store, so that a build whose image is there already needs
  // no registry. Throws Error{kRegistry}, with advice, where there is no such image, LostResult where it is
  // one of `stages`; Error{kUsage} for a name that is none.
  std::shared_ptr<const BaseImage> get(const std::string& name, const oci::Platform& platform);

 private:
  std::shared_ptr<const BaseImage> find(const oci::Reference& reference, const oci::Platform& platform);
  std::shared_ptr<const BaseImage> find_promised(const oci::Reference& reference,
                                                 const oci::Platform& platform);
  std::shared_ptr<const BaseImage> read(const oci::RawManifest& manifest, const std::string& config,
                                        const std::shared_ptr<oci::ImageRepo>& origin,
                                        const oci::Reference& reference);
  engine::Remaking remaking(const oci::Reference& reference) const;
  std::shared_ptr<oci::ImageRepo> origin(const oci::Reference& reference);
  std::shared_ptr<const BaseImage> from_here(const oci::Reference& reference, const oci::Platform& platform);
  std::shared_ptr<const BaseImage> from_registry(const oci::Reference& reference,
                                                 const oci::Platform& platform);
  std::shared_ptr<const BaseImage> from_store(const oci::Reference& reference, const oci::Platform& platform);
  std::shared_ptr<const BaseImage> from_notes(const oci::Reference& reference, const std::string& key);

  LayerContext& services_;
  const oci::OpenRepo open_;
  const engine::PullPolicy pull_;
  const std::map<std::string, std::string> pinned_;
  const std::set<std::string> stages_;
  // Guards `known_`.
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const BaseImage>> known_;
};

// The layer's media type as OCI spells it: Docker's own name for the same bytes becomes OCI's.
std::string oci_layer_type(const std::string& media_type);

}  // namespace ixian::snapshot
