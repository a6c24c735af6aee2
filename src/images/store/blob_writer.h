// A blob that is written before its digest is known: a layer while it is made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "layout/blob_folder.h"
#include "layout/temporary_file.h"
#include "oci/descriptor.h"
#include "store/lease.h"

namespace ixian::store {

// Not thread-safe. Nothing is left of it where it is destroyed without commit(). Throws Error{kRegistry}.
class BlobWriter {
 public:
  BlobWriter(const std::string& blobs, std::shared_ptr<Lease> lease);

  void write(std::string_view bytes);

  // Once. REQUIRES that the caller hashed what it wrote; the size is checked. The blob is there when this
  // returns, its content on the disk. Only digest and size of the descriptor count.
  void commit(const oci::Descriptor& blob);

 private:
  const std::shared_ptr<Lease> lease_;
  const std::string blobs_;
  layout::TemporaryFile file_;
  std::uint64_t written_ = 0;
};

}  // namespace ixian::store
