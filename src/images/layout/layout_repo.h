// A folder in the OCI image layout (image-spec, image-layout.md) as a repository.
//
// The front door of this room: images in files, as others read and write them too. A directory (this file)
// and an archive of Docker's (docker_archive.h) become an oci::ImageRepo.
// Below these are BlobFolder, which keeps blobs under their digests (the store's too), IndexFile, which keeps
// names, and TemporaryFile, by which all of it is written.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "oci/image_repo.h"

namespace ixian::layout {

// How the folder is used.
enum class LayoutUse {
  kRead,   // it must be there
  kWrite,  // it is made with the first blob
};

// The folder of skopeo's `oci:DIR`: its index.json names images by the annotation
// org.opencontainers.image.ref.name, which here is `tag`. Several processes and threads may use one folder at
// once, on NFS too: blobs are written beside their place, synced, renamed; index.json is changed under a lock
// (index.json.lock, which other tools do not know) and replaced whole. After a crash at any moment the folder
// is valid. A damaged index.json or blob is an Error{kRegistry} that names the file. `label` is what messages
// call it, "" is "oci:DIR".
//
// A name is any UTF-8 of at most 1024 bytes. "" finds the nameless image, or the only one there is, and
// stores a nameless one. put_manifest() refuses images whose blobs are not there. remove() takes names away,
// and the manifest where nothing else needs it; other blobs stay. Errors are thrown at once where the folder
// is not there (kRead), is none of images, or has a version that is not understood.
//
// `image_name`, where it is not "", is the image's full name, which entries that are stored get besides, as
// BuildKit's have it, and which entries that are found have: two images may then have one tag as their name
// here. Without it that tag means the one stored last. Annotations of the descriptor that a manifest is
// stored with are kept in its entry.
std::unique_ptr<oci::ImageRepo> open_layout(const std::string& folder, LayoutUse use,
                                            base::Cancellation& cancellation, const std::string& label = "",
                                            const std::string& image_name = "");

// A folder that serves as a whole registry: many repositories over one set of blobs. A repository's tags are
// entries of index.json named "repository:tag", so that skopeo reads them as `oci:DIR:repository:tag`;
// repositories share blobs, so mounting costs nothing, and a digest finds manifests of all of them. `host` is
// the name by which the project calls it, for messages ("localhost/shop/web"). skopeo refuses to read a few
// names that registries allow: those with "__" or "---", or a tag that starts with "_" or ends in "-", "_" or
// ".".
std::unique_ptr<oci::ImageRepo> open_directory_registry(const std::string& folder, const std::string& host,
                                                        const std::string& repository, LayoutUse use,
                                                        base::Cancellation& cancellation);

// Every name in the folder's index.json, sorted; "" for unnamed images is left out.
std::vector<std::string> layout_names(const std::string& folder);

}  // namespace ixian::layout
