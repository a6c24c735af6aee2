// Makes the entries of a layer as files in a folder, and nothing outside of it.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "layer/confined.h"
#include "layer/layer_reader.h"
#include "layer/spooled_records.h"
#include "layer_files/attributes.h"

namespace ixian::layer_files {

struct MakerOptions {
  Marks marks = Marks::kNone;  // of the overlay that the folder is for
  bool owners = true;          // files belong to whom the entry says; else to whoever makes them
};

// Paths are those of a listing, below the folder; the folders on the way are made if they are missing
// (root's, 0755). What has the name of what is made goes, unless both are folders. Throws Error{kRegistry}
// where something on the way is no folder, Error{kTaskFailed} where the file system refuses, and Cancelled.
// Not thread-safe. What finish_folders() needs is in a Spool.
class EntryMaker {
 public:
  using Item = layer::LayerReader::Item;

  // All outlive it.
  EntryMaker(int folder, const MakerOptions& options, base::Cancellation& cancellation)
      : target_(folder), options_(options), cancellation_(cancellation), buffer_(kBuffer) {}

  // The current item of `reader`, which is neither a mark nor a hard link, as `path`.
  void make(layer::LayerReader& reader, const Item& item, const std::string& path);

  // `path` becomes another name of the file `from`, which is there. `item` is for messages.
  void link(const layer::LayerReader& reader, const Item& item, const std::string& from,
            const std::string& path);
  void link(const std::string& from, const std::string& path);

  // An empty folder, 0755, of an unknown time, unless there is one.
  void make_folder(const std::string& path);

  // Gives folders their times and modes, now that nothing is put into them any more. Those that are not in
  // the list any more are passed over.
  void finish_folders(const std::function<bool(const std::string& path)>& is_folder);

  // An O_PATH descriptor of a folder, valid until the next call of anything here.
  int folder_for(const layer::LayerReader& reader, std::string_view path, const Item& item);

  layer::ExtractionRoot& target() { return target_; }
  std::uint64_t skipped_devices() const { return skipped_devices_; }
  std::uint64_t skipped_attributes() const { return skipped_attributes_; }

 private:
  static constexpr std::size_t kBuffer = 256 << 10;

  struct Folder {
    std::uint32_t mode;
    timespec mtime;
  };

  // What a file is like that has just been made.
  struct Birth {
    std::string folder;
    mode_t asked;
    uid_t uid;
    gid_t gid;
    mode_t mode;
  };

  int known_folder(std::string_view path);
  template <typename Make>
  int create(const std::string& path, int folder, const std::string& name, Make make);
  void file(layer::LayerReader& reader, const Item& item, const std::string& path, int folder,
            const std::string& name);
  void content(layer::LayerReader& reader, const std::string& path, int fd);
  void folder(const Item& item, const std::string& path, int above, const std::string& name);
  void note_folder(const std::string& path, const Folder& folder);
  bool ensure_folder(const std::string& path, int above, const std::string& name);
  void attributes_of_folder(const Item& item, const std::string& path, int above, const std::string& name);
  void node(const Item& item, const std::string& path, int folder, const std::string& name);
  void attributes_of_node(const Item& item, const std::string& path, int folder, const std::string& name);
  void attributes(const Item& item, const std::string& path, int fd);
  const Birth& birth_of(const Item& item, const std::string& path, int fd);
  [[noreturn]] static void owner_error(const Item& item, const std::string& path);

  layer::ExtractionRoot target_;
  const MakerOptions options_;
  base::Cancellation& cancellation_;
  std::vector<char> buffer_;
  layer::SpooledRecords folders_;  // each a Folder and its path
  std::optional<Birth> birth_;     // the last one, while nothing happens to its folder
  std::uint64_t skipped_devices_ = 0;
  std::uint64_t skipped_attributes_ = 0;
};

}  // namespace ixian::layer_files
