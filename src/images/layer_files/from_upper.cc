// What overlayfs leaves in an upper directory, and what it means for the layer:
//
//   character device 0:0                    whiteout: the name is gone
//   empty file with overlay.whiteout        the same, where devices cannot be made
//   directory with overlay.opaque = "y"     of the layers below nothing shows in it
//   overlay.redirect, overlay.metacopy      a part lies elsewhere: refused, we do not mount like that
//   overlay.overlay.NAME                    the image's own attribute, escaped
//   overlay.origin, .impure and the like    notes of overlayfs: dropped
//   a socket                                dropped: a tar has no place for it
//
// Equal RUNs leave unequal directories nevertheless (files that were opened for writing and not changed,
// opaque marks on all new folders, times). tidy_upper() brings them into one form before.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string>
#include <vector>

#include "layer/whiteout.h"
#include "layer_files/attributes.h"
#include "layer_files/from_tree.h"
#include "layer_files/tidy_upper.h"
#include "layer_files/tree_entries.h"

namespace ixian::layer_files {
namespace {

using Mark = LayerEntry::Mark;

class Upper {
 public:
  Upper(const std::string& path, Marks marks, base::Cancellation& cancellation)
      : tree_(path), marks_(marks), cancellation_(cancellation), entries_(tree_) {}

  std::vector<LayerEntry> entries(bool with_root) {
    const struct stat status = tree_.status("");
    const auto attributes = tree_.attributes("", status);
    refuse_redirects(attributes, marks_, tree_.path());
    if (with_root) entries_.add("", status, kept_attributes(attributes, marks_));
    if (overlay_attribute(attributes, "opaque", marks_) == "y") entries_.mark("", Mark::kOpaque);
    waiting_.push_back("");
    while (!waiting_.empty()) {
      cancellation_.throw_if_requested();
      const std::string folder = std::move(waiting_.back());
      waiting_.pop_back();
      for (const std::string& name : tree_.names(folder)) visit(layer::join_path(folder, name));
    }
    return entries_.take();
  }

 private:
  void visit(const std::string& path) {
    const struct stat status = tree_.status(path);
    if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0))
      return entries_.mark(path, Mark::kWhiteout);
    if (S_ISSOCK(status.st_mode)) return;
    const auto attributes = tree_.attributes(path, status);
    refuse_redirects(attributes, marks_, layer::join_path(tree_.path(), path));
    if (S_ISREG(status.st_mode) && status.st_size == 0 && overlay_attribute(attributes, "whiteout", marks_))
      return entries_.mark(path, Mark::kWhiteout);
    entries_.add(path, status, kept_attributes(attributes, marks_));
    if (!S_ISDIR(status.st_mode)) return;
    if (overlay_attribute(attributes, "opaque", marks_) == "y") entries_.mark(path, Mark::kOpaque);
    waiting_.push_back(path);
  }

  const Tree tree_;
  const Marks marks_;
  base::Cancellation& cancellation_;
  TreeEntries entries_;
  std::vector<std::string> waiting_;
};

}  // namespace

layer::WrittenLayer from_upper(const std::string& upper, Marks marks, bool with_root, files::ByteSink& blob,
                               const layer::WriteOptions& options, base::Cancellation& cancellation) {
  Upper reader(upper, marks, cancellation);
  return from_entries(reader.entries(with_root), blob, options, cancellation);
}

}  // namespace ixian::layer_files
