// How an image is to look where it goes: packed, typed, annotated or joined otherwise than it was built.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/event.h"
#include "compression/compression.h"
#include "engine/stage_job.h"
#include "oci/manifest.h"
#include "store/store.h"

namespace ixian::exporter {

struct ImageForm {
  std::optional<compression::Compression> compression = {};  // of layers; unset: as they are
  std::optional<int> level = {};                             // with `compression`; unset is the quick one
  bool force = false;                                        // the layers of the base image, too
  bool docker_types = false;                                 // Docker's media types instead of OCI's
  bool squash = false;                                       // all files in one layer
  std::map<std::string, std::string> annotations = {};       // of the manifest

  // Whether there is anything to do to an image of ours.
  bool is_own() const { return compression || docker_types || squash || !annotations.empty(); }
};

// An image on its way out.
struct OutgoingImage {
  oci::RawManifest manifest;  // without bytes: only its engine has it
  oci::Descriptor config;
  std::shared_ptr<store::Store> store;  // that has all of it; null: it is asked of its engine

  std::string digest() const { return manifest.descriptor.digest.text(); }
};

// `image`, all of whose parts are in `store`, in this form, there as well: by its digest, without a name.
// Throws Error{kTaskFailed} for Docker's types where a layer is packed as they cannot say, Cancelled.
OutgoingImage in_form(const ImageForm& form, const oci::RawManifest& image, unsigned base_layers,
                      const std::shared_ptr<store::Store>& store, base::EventSink& sink,
                      base::Cancellation& cancellation);

}  // namespace ixian::exporter
