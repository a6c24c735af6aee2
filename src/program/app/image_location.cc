// Where an image is, as one word. The prefixes are those of skopeo, so that people know them; without one it
// is a registry, with Docker's rule for short names. Only "store:" is ours.
#include "app/image_location.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "layout/docker_archive.h"
#include "layout/layout_repo.h"
#include "store/folder.h"
#include "store/store.h"

namespace ixian::app {
namespace {

using base::Error;
using base::ErrorCode;

bool exists(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0;
}

// "localhost:5000", "registry.example.com": they could be names of Docker Hub, and are meant as hosts.
bool is_host(const std::string& text) {
  const std::string name = text.substr(0, text.find(':'));
  const std::string rest = text.substr(name.size());
  const bool port =
      rest.empty() || (rest.size() > 1 && rest.find_first_not_of("0123456789", 1) == std::string::npos);
  if (text.find('/') != std::string::npos || !port) return false;
  return name == "localhost" ? !rest.empty() : oci::looks_like_host(name);
}

// "DIR:shop/web:1" is cut at the first colon, as no other reader of layouts takes folders with one; unless
// there is such a folder.
ImageLocation file_place(ImageLocation::Kind kind, const std::string& rest, const std::string& text) {
  ImageLocation place;
  place.kind = kind;
  const std::size_t colon = rest.find(':');
  if (colon == std::string::npos || exists(rest)) {
    place.path = rest;
  } else {
    place.path = rest.substr(0, colon);
    place.name = rest.substr(colon + 1);
  }
  if (place.path.empty()) throw Error(ErrorCode::kUsage, "missing path after the first colon: " + text);
  return place;
}

}  // namespace

std::string ImageLocation::text() const {
  const std::string tail = name.empty() ? "" : ":" + name;
  switch (kind) {
    case Kind::kRegistry:
      return reference.text();
    case Kind::kStore:
      return "store:" + name;
    case Kind::kLayout:
      return "oci:" + path + tail;
    case Kind::kDockerArchive:
      return "docker-archive:" + path + tail;
  }
  return "";
}

std::string ImageLocation::ref() const {
  return has_reference() ? reference.identifier() : name;
}

ImageLocation parse_image_location(const std::string& text) {
  const auto after = [&](std::string_view prefix) { return text.substr(prefix.size()); };
  if (text.starts_with("oci:")) return file_place(ImageLocation::Kind::kLayout, after("oci:"), text);
  if (text.starts_with("docker-archive:")) {
    return file_place(ImageLocation::Kind::kDockerArchive, after("docker-archive:"), text);
  }
  if (text.starts_with("store:")) {
    ImageLocation place;
    place.kind = ImageLocation::Kind::kStore;
    place.name = after("store:");
    if (!place.name.empty()) place.reference = oci::parse_reference(place.name);
    return place;
  }
  // Skopeo's other places: without this they would be taken for short names of Docker Hub.
  for (const std::string_view other : {"docker-daemon:", "containers-storage:", "oci-archive:", "dir:"}) {
    if (text.starts_with(other)) {
      throw Error(ErrorCode::kUsage,
                  "unsupported location of an image: " + text +
                      "\nhint: use HOST/NAME:TAG, store:NAME:TAG, oci:DIR:TAG or docker-archive:FILE");
    }
  }
  const std::string name = text.starts_with("docker://") ? after("docker://") : text;
  if (is_host(name)) {
    throw Error(ErrorCode::kUsage,
                name + " is a registry, not a repository\nhint: name a repository of it: " + name + "/NAME");
  }
  ImageLocation place;
  place.reference = oci::parse_reference(name);
  return place;
}

std::string not_found_text(const ImageLocation& place) {
  std::string list = "`ix image ls store:`";
  if (place.kind == ImageLocation::Kind::kRegistry) list = "`ix image tags " + place.reference.name() + "`";
  if (place.kind == ImageLocation::Kind::kLayout) list = "`ix image ls oci:" + place.path + "`";
  if (place.kind == ImageLocation::Kind::kDockerArchive)
    list = "`ix image ls docker-archive:" + place.path + "`";
  return "image not found: " + place.text() + "\nhint: check its name; " + list + " shows what is there";
}

namespace {

std::unique_ptr<oci::ImageRepo> open_store(const ImageLocation& place, base::Cancellation& cancellation,
                                           bool only_reads) {
  const auto store = store::Store::open(store::default_folder(), cancellation, {.only_reads = only_reads});
  return store->images(place.name.empty() ? "" : place.reference.name());
}

}  // namespace

bool can_be_read(const ImageLocation& place) {
  if (place.kind == ImageLocation::Kind::kStore) return store::Folder(store::default_folder()).exists();
  if (place.kind == ImageLocation::Kind::kLayout) return exists(place.path + "/index.json");
  return place.kind == ImageLocation::Kind::kRegistry || exists(place.path);
}

std::unique_ptr<oci::ImageRepo> open_source(const ImageLocation& place, RegistryClients& access,
                                            base::Cancellation& cancellation, bool dry_run) {
  switch (place.kind) {
    case ImageLocation::Kind::kLayout:
      return layout::open_layout(place.path, layout::LayoutUse::kRead, cancellation);
    case ImageLocation::Kind::kDockerArchive:
      return layout::open_docker_archive(place.path, cancellation);
    case ImageLocation::Kind::kStore:
      if (const std::string folder = store::default_folder(); !store::Folder(folder).exists()) {
        throw Error(ErrorCode::kRegistry, "no local store in " + base::printable_path(folder) +
                                              "\nhint: create it with `ix image copy IMAGE store:NAME`, or "
                                              "set IXIAN_STORE to another directory");
      }
      return open_store(place, cancellation, dry_run);
    case ImageLocation::Kind::kRegistry:
      break;
  }
  return access.registries().open(place.reference, registry::Access::kPull);
}

std::unique_ptr<oci::ImageRepo> open_target(const ImageLocation& place, RegistryClients& access,
                                            base::Cancellation& cancellation) {
  switch (place.kind) {
    case ImageLocation::Kind::kLayout:
      return layout::open_layout(place.path, layout::LayoutUse::kWrite, cancellation);
    case ImageLocation::Kind::kDockerArchive:
      throw Error(ErrorCode::kUsage,
                  place.text() + " is an archive, which cannot be changed, only written as a whole");
    case ImageLocation::Kind::kStore:
      return open_store(place, cancellation, false);
    case ImageLocation::Kind::kRegistry:
      break;
  }
  // A registry that the project does not name may be pushed to as well: the command names it.
  return access.registries().open(place.reference, registry::Access::kPushAnywhere);
}

}  // namespace ixian::app
