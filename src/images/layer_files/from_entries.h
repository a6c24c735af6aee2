// A layer from a list of what is to be in it: COPY and ADD, without a root file system.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "files/byte_sink.h"
#include "files/fs.h"
#include "layer/layer_writer.h"
#include "layer/merged_tree.h"
#include "tar/format.h"

namespace ixian::layer_files {

// The content of a file.
struct FileAt {      // is opened when its turn comes, without following a symlink at its end
  std::string path;  // below `folder` where that is given: symlinks on the way are then resolved inside it
  std::shared_ptr<const files::UniqueFd> folder = nullptr;
};
struct OpenedFile {  // is read from its start, by pread
  std::shared_ptr<const files::UniqueFd> fd;
  std::string path;  // for messages
};
struct InlineText {
  std::string text;
};
struct DeferredContent {  // whoever calls says how long it is; fewer or more bytes are an error
  std::function<std::unique_ptr<base::ByteSource>()> open;
  std::uint64_t size = 0;
  std::string name;  // for messages
};

struct LayerEntry {
  // name is where it is in the image: a path of a listing (listed_path()). size counts only for FileAt and
  // OpenedFile, and there only where `size_known`: a file of another size is an error that names it.
  tar::TarEntry entry;
  std::variant<std::monostate, InlineText, FileAt, OpenedFile, DeferredContent> content;  // of files only
  bool size_known = false;
  enum class Mark { kNone, kWhiteout, kOpaque } mark = Mark::kNone;  // then only entry.name counts
};

// In any order; of several with one path the last counts, but a folder is only replaced by what is no folder
// where it has nothing in it (else Error{kTaskFailed}: an image cannot have both). Folders that are not in
// the list are not made up: whoever extracts has them from below, or makes them root's with 0755. A file that
// changes its size while it is read is an Error{kTaskFailed} that names it.
//
// With `below`, what the layer will lie on, folders on the way to an entry that are not in the list are added
// as they are there, as overlayfs would copy them up, and new ones as root's with 0755 and the mtime of what
// is in them. Without, nothing is made up; an extracted overlay directory would then show root's 0755 for
// them.
//
// Also throws Error{kTaskFailed} for names that an image cannot have: with "..", over 4096 bytes, with a
// component that starts with ".wh."; for something below what is no folder; and for hard links to what is not
// in the list or is a folder. Hard links may stand before what they link to.
layer::WrittenLayer from_entries(std::vector<LayerEntry> entries, files::ByteSink& blob,
                                 const layer::WriteOptions& options, base::Cancellation& cancellation,
                                 const layer::MergedTree* below = nullptr);

}  // namespace ixian::layer_files
