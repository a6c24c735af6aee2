#include "store/blob_writer.h"

#include <fmt/format.h>

#include "base/error.h"
#include "layout/file_io.h"

namespace ixian::store {

BlobWriter::BlobWriter(const std::string& blobs, std::shared_ptr<Lease> lease)
    : lease_(std::move(lease)), blobs_(blobs), file_(blobs + "/.incoming", "blob-") {}

void BlobWriter::write(std::string_view bytes) {
  layout::write_at(file_.fd(), bytes, written_, file_.path());
  written_ += bytes.size();
}

void BlobWriter::commit(const oci::Descriptor& blob) {
  if (written_ != blob.size) {
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format("size mismatch: {} bytes written of blob {}, which has {}; nothing of it was stored",
                    written_, blob.digest.text(), blob.size));
  }
  // Before it is there, so that no collection takes it between the renaming and the name.
  lease_->keep({blob_object(blob.digest)});
  layout::make_folders(fmt::format("{}/{}", blobs_, blob.digest.algorithm()));
  file_.move_to(layout::BlobFolder(blobs_).path(blob.digest));
}

}  // namespace ixian::store
