// A hostile layer has three ways out of its folder: names, links that it put there itself, and links that
// were there before. The first are refused by LayerReader. For the others nothing is ever reached by a path
// alone: folders are opened with openat2(RESOLVE_IN_ROOT), under which the kernel lets neither "..", absolute
// targets nor links out, and what is made there is made by descriptor and one last component, never through a
// link (EntryMaker).
//
// Into an overlay's lower folder nothing is removed, since nothing is below: whiteouts and opaque marks are
// written as overlayfs wants them. Into a tree that holds the layers below, they remove what is not this
// layer's own; the order of entries in the tar makes no difference.
#include "layer_files/extract.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "compression/unpacking.h"
#include "files/fs.h"
#include "layer/confined.h"
#include "layer/hash_table.h"
#include "layer/layer_reader.h"
#include "layer/path_hash.h"
#include "layer/whiteout.h"
#include "layer_files/attributes.h"
#include "layer_files/entry_maker.h"

namespace ixian::layer_files {
namespace {

class Extraction {
 public:
  Extraction(layer::LayerReader& reader, int folder, const ExtractOptions& options,
             base::Cancellation& cancellation)
      : reader_(reader),
        options_(options),
        cancellation_(cancellation),
        maker_(folder, {marks(), options.owners}, cancellation),
        target_(maker_.target()) {}

  void run(Extracted& result) {
    while (auto item = reader_.next()) {
      cancellation_.throw_if_requested();
      place(*item);
      if (!overlay() && item->type != layer::EntryType::kWhiteout && item->type != layer::EntryType::kOpaque)
        note_own(item->path);
    }
    result.skipped_devices = maker_.skipped_devices();
    result.skipped_attributes = maker_.skipped_attributes();
    result.listing = reader_.take_listing();
    maker_.finish_folders([&](const std::string& path) {
      const auto thing = result.listing.thing(path);
      return thing && thing->type == layer::EntryType::kFolder;
    });
    if (!overlay()) return;
    result.listing.each_gap([&](const std::string& gap) { age(gap); });
  }

 private:
  using Item = layer::LayerReader::Item;

  Marks marks() const {
    return options_.into == ExtractInto::kTree      ? Marks::kNone
           : options_.into == ExtractInto::kOverlay ? Marks::kTrusted
                                                    : Marks::kUser;
  }

  bool overlay() const { return options_.into != ExtractInto::kTree; }

  void place(const Item& item) {
    if (item.type == layer::EntryType::kOpaque) return opaque(item);
    if (item.type == layer::EntryType::kWhiteout) return whiteout(item);
    if (overlay()) uncover(item.path);
    if (item.type == layer::EntryType::kHardLink) return hard_link(item);
    maker_.make(reader_, item, item.path);
    // A folder that replaces one of a layer below, as its whiteout said.
    if (item.type == layer::EntryType::kFolder && overlay() &&
        hidden_.contains(layer::path_hash(0, item.path)))
      mark_opaque(item.path);
  }

  // What lies in a folder that a whiteout of this layer names, and that has no entry: the folder is new.
  void uncover(const std::string& path) {
    if (hidden_.empty()) return;
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string folder = path.substr(0, slash);
      if (!hidden_.contains(layer::path_hash(0, folder)) || target_.open_folder(folder).valid()) continue;
      maker_.make_folder(folder);
      mark_opaque(folder);
    }
  }

  void note_own(std::string_view path) {
    for (; !path.empty() && !is_own(path); path = layer::split_path(path).folder)
      own_.put(layer::path_hash(0, path));
  }
  bool is_own(std::string_view path) const { return own_.contains(layer::path_hash(0, path)); }

  void hard_link(const Item& item) {
    const auto [above, last] = layer::split_path(item.link);
    const int folder = maker_.folder_for(reader_, above, item);
    struct stat status = {};
    if (::fstatat(folder, std::string(last).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        S_ISDIR(status.st_mode) || is_whiteout(status)) {
      reader_.refuse(item.entry.name, fmt::format("is a link to {}, which is not in the layer",
                                                  base::printable_path(item.link)));
    }
    maker_.link(reader_, item, item.link, item.path);
  }

  bool is_whiteout(const struct stat& status) const {
    return overlay() && S_ISCHR(status.st_mode) && status.st_rdev == 0;
  }

  void whiteout(const Item& item) {
    const auto [above, last] = layer::split_path(item.path);
    const std::string name(last);
    if (overlay()) {
      hidden_.put(layer::path_hash(0, item.path));
      const int folder = maker_.folder_for(reader_, above, item);
      if (::mknodat(folder, name.c_str(), S_IFCHR, 0) == 0) return;
      if (errno != EEXIST) layer::file_error("create the whiteout of", item.path, errno);
      // What the layer itself has there stays; of the layers below nothing shows through.
      if (target_.open_folder(item.path).valid()) mark_opaque(item.path);
      return;
    }
    const files::UniqueFd folder = target_.open_folder(std::string(above));
    if (!folder.valid()) return check_absence(item);
    remove_from_below(item.path, folder.get(), name);
  }

  void opaque(const Item& item) {
    if (overlay()) {
      maker_.folder_for(reader_, item.path, item);
      return mark_opaque(item.path);
    }
    const files::UniqueFd folder = target_.open_folder(item.path);
    if (!folder.valid()) {
      check_absence(item);
      if (errno == ENOENT) maker_.folder_for(reader_, item.path, item);
      return;
    }
    clear_from_below(item.path);
  }

  // What is to be removed lies in a folder that is not there, which is fine, or behind a symlink.
  void check_absence(const Item& item) const {
    if (errno == ELOOP) reader_.refuse(item.entry.name, "is a whiteout below a symbolic link");
    if (errno != ENOENT && errno != ENOTDIR) layer::file_error("open the directory of", item.path, errno);
  }

  void mark_opaque(const std::string& path) {
    const files::UniqueFd fd = target_.open_folder(path);
    if (!fd.valid()) layer::file_error("open directory", path, errno);
    const char* name =
        options_.into == ExtractInto::kOverlay ? "trusted.overlay.opaque" : "user.overlay.opaque";
    if (::fsetxattr(fd.get(), name, "y", 1, 0) != 0) {
      layer::file_error(fmt::format("set the attribute {} of", name), path, errno);
    }
  }

  // Removes `path`, but for what this layer itself has put there.
  void remove_from_below(const std::string& path, int folder, const std::string& name) {
    if (!is_own(path)) return target_.remove(folder, name);
    clear_from_below(path);
  }

  void clear_from_below(const std::string& path) {
    std::vector<std::string> waiting{path};
    while (!waiting.empty()) {
      const std::string at = std::move(waiting.back());
      waiting.pop_back();
      const files::UniqueFd fd = target_.open_folder(at);
      if (!fd.valid()) continue;  // no folder: it is what the layer has put there
      for (const std::string& name : layer::names_in(fd.get(), at)) {
        std::string child = layer::join_path(at, name);
        if (is_own(child)) {
          waiting.push_back(std::move(child));
        } else {
          target_.remove(fd.get(), name);
        }
      }
    }
  }

  // Of a folder that has no entry nobody knows a time, as MergedTree says.
  void age(const std::string& path) {
    const files::UniqueFd fd = target_.open_folder(path);
    const timespec times[2] = {};
    if (fd.valid() && ::futimens(fd.get(), times) != 0) layer::file_error("set the time of", path, errno);
  }

  layer::LayerReader& reader_;
  const ExtractOptions& options_;
  base::Cancellation& cancellation_;
  EntryMaker maker_;
  layer::ExtractionRoot& target_;
  layer::HashSet hidden_;  // by whiteouts of this layer
  layer::HashSet own_;     // kTree: what this layer has put, and the folders on the way
};

}  // namespace

Extracted extract(base::ByteSource& blob, const oci::Descriptor& descriptor,
                  const std::optional<oci::Digest>& diff_id, int folder, const ExtractOptions& options,
                  base::Cancellation& cancellation) {
  compression::DecompressingReader tar(blob, descriptor, diff_id, options.limits, cancellation);
  layer::LayerReader reader(tar, descriptor.digest.text(), options.limits);
  Extracted result{{}, descriptor.digest, 0, 0, 0};
  Extraction(reader, folder, options, cancellation).run(result);
  const auto unpacked = tar.finish();
  result.diff_id = unpacked.diff_id;
  result.tar_size = unpacked.tar_size;
  return result;
}

}  // namespace ixian::layer_files
