// The tar file of `docker save`, as a repository.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "oci/image_repo.h"

namespace ixian::layout {

// For reading: the file is indexed once, blobs are read where they lie; nothing is unpacked. Images are named
// by their RepoTags ("shop/web:1", or the same with docker.io/library spelt out); "" names the only one.
// Archives of docker save (schema 1.x layers as layer.tar, or the OCI layout that newer ones hold) and of
// skopeo and podman are understood, oci-archive: too; where there is no manifest in the archive, one is made
// over its layers. Throws Error{kRegistry} where it is no such archive, or a compressed one.
std::unique_ptr<oci::ImageRepo> open_docker_archive(const std::string& file,
                                                    base::Cancellation& cancellation);

// For writing one image, called by all of `names` (no name of an image is Error{kUsage}; "" is left out, and
// one with a digest and without a tag, which an archive cannot hold): layers go to the file as they come,
// several at once, each blob once; the file appears, whole, when finish() is called, and not at all before.
// It is an OCI layout and a docker archive in one, so that docker load, skopeo docker-archive:, skopeo
// oci-archive: and podman load read it. The image is the manifest that was stored last, under whatever ref;
// an index must have been stored with exactly one of its images; annotations of the descriptor that it was
// stored with are kept in its entry of index.json. Equal images make equal files.
class DockerArchiveWriter : public oci::ImageRepo {
 public:
  // Throws Error{kRegistry} where no image was stored, or not all of it.
  virtual void finish() = 0;
};
std::unique_ptr<DockerArchiveWriter> create_docker_archive(const std::string& file,
                                                           const std::vector<std::string>& names,
                                                           base::Cancellation& cancellation);

}  // namespace ixian::layout
