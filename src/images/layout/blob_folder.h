// The folder blobs/ of an OCI image layout (image-layout.md, "Blobs").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "oci/descriptor.h"

namespace ixian::layout {

// Thread-safe, and safe with other processes that use the folder at once. Errors are Error{kRegistry} and
// name the file.
class BlobFolder {
 public:
  explicit BlobFolder(std::string folder) : folder_(std::move(folder)) {}
  ~BlobFolder();

  std::string path(const oci::Digest& digest) const;

  // A file of that size is there. Its content was verified and synced before it got its name.
  bool has(const oci::Descriptor& blob) const;

  // Throws where there is no file of that size.
  std::unique_ptr<base::ByteSource> open(const oci::Descriptor& blob, std::uint64_t offset,
                                         base::Cancellation& cancellation) const;

  // The whole blob, verified; nullopt where there is none, or one longer than `limit`. Throws where its bytes
  // are others.
  std::optional<std::string> read(const oci::Digest& digest, std::size_t limit) const;

  // As ImageRepo::put_blob: `open` throws at the end of wrong bytes. After a crash the blob is there, whole,
  // or not there; which of both is only certain after sync().
  void put(const oci::Descriptor& blob, const base::OpenSource& open, base::Cancellation& cancellation) const;
  // The same for bytes that were verified. Writes nothing where they are there: false.
  bool put(const oci::Digest& digest, std::string_view bytes) const;

  bool remove(const oci::Digest& digest) const;

  // Makes the names of everything that has been put, by whomever, durable. The folder must be there.
  void sync() const;

  // Removes what interrupted writes left.
  void reclaim() const;

 private:
  std::string incoming() const { return folder_ + "/.incoming"; }
  void publish(class TemporaryFile& file, const oci::Digest& digest) const;

  const std::string folder_;
};

}  // namespace ixian::layout
