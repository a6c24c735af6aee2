// A whole OCI image layout: its marker, its blobs, its index; and the making of one.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "layout/blob_folder.h"
#include "layout/index_file.h"
#include "layout/layout_repo.h"

namespace ixian::layout {

// Thread-safe, and others may use the same folder: at no moment is it half a layout to a reader. A repository
// owns one.
class LayoutFolder {
 public:
  // Throws Error{kRegistry} where `path` is something else than a layout; or is not there, for kRead; or is
  // a folder with other things in it, for kWrite.
  LayoutFolder(std::string path, LayoutUse use);

  // Makes what is missing of it, and removes what interrupted writes left. Once; before the first write.
  void prepare_to_write(base::Cancellation& cancellation);

  const std::string& path() const { return path_; }
  BlobFolder& blobs() { return blobs_; }
  IndexFile& index() { return index_; }

  // Whether both are the same folder, by whatever name.
  bool same_as(const LayoutFolder& other) const;

 private:
  bool is_layout() const;
  void refuse_other_folders() const;

  const std::string path_;
  const LayoutUse use_;
  BlobFolder blobs_;
  IndexFile index_;
  // Guards `prepared_`, and is held while the folder is made.
  std::mutex mutex_;
  bool prepared_ = false;
};

}  // namespace ixian::layout
