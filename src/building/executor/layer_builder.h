// The layer of a COPY, ADD or WORKDIR before it is written: what it puts over the image below.
//
// The room: one Step comes in, one layer goes out. RUN needs a root file system and a process (run_step.h);
// COPY, ADD and WORKDIR need neither (file_step.h), and fill a LayerBuilder from views.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "context/file_view.h"
#include "context/selection.h"
#include "dockerfile/file_mode.h"
#include "executor/chown.h"
#include "layer_files/from_entries.h"

namespace ixian::executor {

// What the files become on their way, by the flags of the instruction.
struct FileAttributes {
  std::optional<Owner> owner;  // unset: `own_owner` decides
  bool own_owner = false;      // files keep their owner (from an image); otherwise they are root's
  std::optional<dockerfile::FileMode> chmod;
  bool fixed_times = false;  // git's modes, `time` for every file
  std::int64_t time = 0;     // of what is made anew: seconds since 1970
};

// A tree of files itself: of the image with the draft over it. Not thread-safe.
class LayerBuilder : public context::FileView {
 public:
  // Both `below` (an empty tree for --link) and the views that files come from outlive the draft.
  LayerBuilder(const context::FileView& below, FileAttributes style)
      : below_(below), style_(std::move(style)) {}

  // Docker's rules for where the selected things go: a destination with a slash at its end is a folder, as is
  // one that is a folder in the image; a folder's contents go into the destination; links on the way are
  // followed inside the image. `destination` is absolute. Throws Error{kTaskFailed} where a folder and a file
  // meet.
  void copy(const std::shared_ptr<const context::FileView>& from,
            const std::vector<context::SelectedSource>& sources, const std::string& destination);

  // One file with content of its own, for heredocs and downloads; `entry.name` is its own name, and
  // entry.size that of the content.
  void add_file(tar::TarEntry entry, layer_files::LayerEntry content, const std::string& destination);

  // An entry of an archive that is unpacked into the folder `destination`, as if that were the root: links of
  // the archive and of the image lead nowhere else. It gets the style's owner, if there is one, and keeps its
  // mode. Throws Error{kTaskFailed} for a name that leads out of the archive ("../x"), for something below a
  // file, and for a hard link to what is not there.
  void unpack(tar::TarEntry entry, layer_files::LayerEntry content, const std::string& destination);

  // Makes the folder with those above it that are missing.
  void make_folder(const std::string& path, const Owner& owner);

  // All entries, with the folders above them, which keep what the image below says of them. Once.
  std::vector<layer_files::LayerEntry> take();
  bool empty() const { return entries_.empty(); }

  std::optional<tar::TarEntry> find(const std::string& path) const override;
  std::vector<std::string> children(const std::string& path) const override;
  files::UniqueFd open(const std::string& path) const override;
  std::string hard_link_group(const std::string& path) const override;

 private:
  static constexpr std::uint32_t kFolderMode = 0755;

  bool is_folder(const std::string& path) const;
  void forget(const std::string& path);
  std::string inside(const std::string& root, const std::string& path, bool follow_last) const;
  std::string target_of(const std::string& destination, const std::string& name, bool source_is_folder);
  void make_folders(const std::string& path, const Owner& owner, std::uint32_t mode = kFolderMode);
  // Folders on the way to what is copied.
  void make_folders(const std::string& path) { make_folders(path, default_owner(), folder_mode()); }
  std::uint32_t folder_mode() const;
  void copy_one(const std::shared_ptr<const context::FileView>& from, const context::SelectedSource& source,
                const std::string& destination);
  void put(const std::string& path, tar::TarEntry entry, layer_files::LayerEntry content, bool keep_folder);
  void link_to(tar::TarEntry& entry, layer_files::LayerEntry& content);
  void apply_style(tar::TarEntry& entry, bool own_owner) const;
  Owner default_owner() const { return style_.owner.value_or(Owner{}); }

  const context::FileView& below_;
  const FileAttributes style_;
  std::map<std::string, layer_files::LayerEntry> entries_;
  std::map<std::string, std::string> links_;  // hard_link_group within one source → where its first name went
};

}  // namespace ixian::executor
