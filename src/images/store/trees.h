// Extracted layers: made once, trusted only when whole.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/clock.h"
#include "files/fs.h"
#include "oci/digest.h"
#include "store/database.h"
#include "store/folder.h"

namespace ixian::store {

// The caller has a lease on the tree before each call. Thread-safe, and safe with other processes.
class ExtractedLayers {
 public:
  ExtractedLayers(std::shared_ptr<Database> database, Folder folder, base::Clock& clock,
                  base::Cancellation& cancellation);

  // The tree is there, and whole.
  bool has(const oci::Digest& diff_id);

  // Makes it unless it is there. See Store::tree() and Store::adopt_tree().
  void make(const oci::Digest& diff_id, const std::function<void(const std::string& folder)>& fill);
  void adopt(const oci::Digest& diff_id, const std::string& folder);

  files::UniqueFd open_listing(const oci::Digest& diff_id) const;
  void put_listing(const oci::Digest& diff_id,
                   const std::function<void(int file, const std::string& path)>& write) const;

  // Trees that were whole when the power went, as far as anybody knows, and trees that killed processes did
  // not finish: into the trash.
  void reclaim();

  // Makes durable what was made more than `age` seconds ago in this boot; false where there is nothing.
  // Waits for the disk.
  bool has_unconfirmed(std::int64_t age);
  void confirm(std::int64_t age);

 private:
  void with_lock(const oci::Digest& diff_id, const std::function<void()>& make);
  void mark_incomplete(const oci::Digest& diff_id);
  void mark_complete(const oci::Digest& diff_id);

  const std::shared_ptr<Database> database_;
  const Folder folder_;
  base::Clock& clock_;
  base::Cancellation& cancellation_;
};

}  // namespace ixian::store
