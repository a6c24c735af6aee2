// Where images live: a repository of a registry, a folder, an archive, the store. One interface, so that one
// function copies between any two.
//
// The front door of this room: what images are, wherever they are. Documents of the OCI image specification
// come in as bytes and go out as values (manifest.h, image_config.h, descriptor.h), and the same way back;
// names as text (reference.h, digest.h). The three types to know are Descriptor, Manifest with Index, and
// ImageRepo, which registries, layouts and the store implement.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

namespace ixian::oci {

// All that planning may see. Thread-safe. Throws Error{kRegistry} where asking fails; absence is not an
// error.
class ImageFinder {
 public:
  virtual ~ImageFinder() = default;

  // What messages call it: "registry.example.com/shop/web", "oci:/srv/images".
  virtual std::string name() const = 0;

  // What `ref` names, a tag or a digest as text: media type, digest and size of a manifest or an index.
  virtual std::optional<Descriptor> find(const std::string& ref) = 0;
};

// One repository. Thread-safe: blobs move in parallel. Every call may throw Error{kRegistry}, whose message
// names the image, and Cancelled.
class ImageRepo : public ImageFinder {
 public:
  // nullopt where there is none. The bytes are as long as the descriptor says and hash to its digest,
  // whatever the server announced; if `ref` is a digest, to that.
  virtual std::optional<RawManifest> read_manifest(const std::string& ref) = 0;

  virtual bool has_blob(const Descriptor& blob) = 0;

  // The blob's bytes from `offset` (less than its size, or 0) on. The source ends after exactly size - offset
  // bytes, or throws; it gets over broken connections by itself. It does not hash: that is copy_blob's work.
  // Throws Error{kRegistry} where there is no such blob.
  virtual std::unique_ptr<base::ByteSource> open_blob(const Descriptor& blob, std::uint64_t offset) = 0;

  // Stores a blob. `open` gives its bytes, may be called again for another attempt, and throws at the end
  // where the bytes are not the blob's. The blob is there when this returns, and nothing is there under its
  // name if it throws.
  virtual void put_blob(const Descriptor& blob, const base::OpenSource& open) = 0;

  // Makes a blob of `from` appear here without moving its bytes. False where that is not possible, for
  // whatever reason; then put_blob is the way.
  virtual bool mount_blob(const Descriptor& blob, const ImageRepo& from) = 0;

  // Where the blob really lies, for mount_blob() of others: this repository itself, or another one that it
  // only stands before. Asks nobody. The answer lives as long as the repository that was asked.
  virtual const ImageRepo& holder(const Descriptor&) { return *this; }

  // Stores a manifest under `ref`: a tag, or its own digest. All that it names has been stored before.
  virtual void put_manifest(const std::string& ref, const RawManifest& manifest) = 0;

  // Unsorted in most registries; sorted here. Empty where the repository is not there.
  virtual std::vector<std::string> tags() = 0;

  // The manifests that have this one for their subject: signatures, attestations and the like. Where the
  // place has no question for that, those that are listed under referrers_tag() (referrers.h).
  virtual std::vector<Descriptor> referrers(const Digest& subject);

  // Removes a tag, or a manifest by digest with every tag on it. False where it is not there. Throws
  // Error{kRegistry} where the place does not allow it.
  virtual bool remove(const std::string& ref) = 0;
};

}  // namespace ixian::oci
