// Where an image is, as people write it on the command line; the names are skopeo's.
#pragma once

#include <memory>
#include <string>

#include "app/registry_clients.h"
#include "base/cancel.h"
#include "oci/image_repo.h"
#include "oci/reference.h"

namespace ixian::app {

// "shop/web:1" or "docker://shop/web:1", "store:shop/web:1", "oci:DIR[:TAG]", "docker-archive:FILE[:NAME]".
struct ImageLocation {
  enum class Kind { kRegistry, kStore, kLayout, kDockerArchive };
  Kind kind = Kind::kRegistry;
  oci::Reference reference;  // kRegistry, and kStore where it names anything
  std::string path;          // of the others: folder or file
  std::string name;  // of the others: the image in it, "" is the only one; kStore: "" is the whole store

  std::string text() const;

  // `reference` says which repository is meant, not only where images are.
  bool has_reference() const { return kind == Kind::kRegistry || (kind == Kind::kStore && !name.empty()); }

  // What to ask a repository for.
  std::string ref() const;
};

// Throws base::Error{kUsage}.
ImageLocation parse_image_location(const std::string& text);

// "image not found: store:app:1", with how to see what is there as a hint.
std::string not_found_text(const ImageLocation& place);

// Whether open_source() finds a store or a folder there at all; of a registry nobody knows before it is
// asked.
bool can_be_read(const ImageLocation& place);

// For reading. With `dry_run` nothing in a store is changed by it, not even which image was used last.
std::unique_ptr<oci::ImageRepo> open_source(const ImageLocation& place, RegistryClients& access,
                                            base::Cancellation& cancellation, bool dry_run);

// For writing or removing; archives are not for these.
std::unique_ptr<oci::ImageRepo> open_target(const ImageLocation& place, RegistryClients& access,
                                            base::Cancellation& cancellation);

}  // namespace ixian::app
