// A layer may have files in a folder and no entry for the folder itself (a gap). Tools disagree about what
// the folder then is; the image says it is as the layers below have it. An overlay would show what extracting
// made up, so one more folder is made, for above all layers, that has these folders as they should be, and
// nothing else.
#include "layer_files/fill_gaps.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include "layer/confined.h"
#include "layer/listing_order.h"
#include "layer/whiteout.h"
#include "layer_files/lower_trees.h"

namespace ixian::layer_files {
namespace {

struct Facts {
  mode_t mode = 0755;
  uid_t uid = 0;
  gid_t gid = 0;
  timespec mtime = {};
  std::map<std::string, std::string> attributes;

  bool same(const Facts& other) const {
    return mode == other.mode && uid == other.uid && gid == other.gid && attributes == other.attributes;
  }
  bool same_time(const Facts& other) const {
    return mtime.tv_sec == other.mtime.tv_sec && mtime.tv_nsec == other.mtime.tv_nsec;
  }
};

class GapFilling {
 public:
  GapFilling(const std::vector<StackedTree>& trees, Marks marks)
      : trees_(trees), marks_(marks), lower_(paths_of(trees), marks), root_of_lower_(lower_.root()) {}

  bool run(const std::string& into) {
    if (!root_of_lower_) return false;
    into_ = into;
    std::vector<Source> sources;
    for (std::size_t i = 0; i < trees_.size(); ++i) {
      if (trees_[i].listing) sources.push_back({i, layer::LayerListing::Cursor(*trees_[i].listing), {}, {}});
    }
    while (Source* const source = first_of(sources)) {
      pass(*source);
      source->cursor.next();
    }
    if (way_.empty() && root_facts().same(facts_in(root_of_lower_->tree, ""))) return false;
    if (way_.empty()) enter("", root_facts());
    while (!way_.empty()) leave();
    return true;
  }

 private:
  // A tree with a listing, and how far that has been read.
  struct Source {
    std::size_t tree;
    layer::LayerListing::Cursor cursor;
    layer::GapFinder gaps;
    std::string asked;  // the last folder with a whiteout in it
  };

  // All listings are read in step, so that a folder that was left is not come back to.
  static Source* first_of(std::vector<Source>& sources) {
    Source* first = nullptr;
    for (Source& source : sources) {
      if (source.cursor.at_end()) continue;
      if (first == nullptr || layer::path_less(source.cursor.entry().path, first->cursor.entry().path))
        first = &source;
    }
    return first;
  }

  void pass(Source& source) {
    const layer::ListedEntry& entry = source.cursor.entry();
    const auto holds = [&](const std::string& folder) {
      return entry.path == folder || layer::is_below(entry.path, folder);
    };
    while (way_.size() > 1 && !holds(way_.back().path)) leave();
    source.gaps.pass(entry, [this](std::string_view gap) { look_at_gap(std::string(gap)); });
    if (entry.type != layer::EntryType::kWhiteout) return;
    // Where overlayfs has nothing to merge a folder with, it lists the whiteouts in it as names of nothing.
    const std::string folder(layer::split_path(entry.path).folder);
    if (folder.empty() || folder == source.asked) return;
    source.asked = folder;
    const auto found = find(folder);
    if (found && found->parts == std::vector<std::size_t>{source.tree}) put(folder);
  }

  void look_at_gap(const std::string& path) {
    const auto found = find(path);
    if (!found || !S_ISDIR(found->status.st_mode)) return;
    const Facts truth = truth_of(*found, path);
    const Facts shown = facts_in(found->tree, path);
    if (!truth.same(shown) || !truth.same_time(shown)) put(path);
  }

  static std::vector<std::string> paths_of(const std::vector<StackedTree>& trees) {
    std::vector<std::string> paths;
    for (const StackedTree& tree : trees) paths.push_back(tree.path);
    return paths;
  }

  std::optional<LowerTrees::Found> find(const std::string& path) const {
    auto found = root_of_lower_;
    for (std::size_t slash = 0; found && slash != std::string::npos;) {
      slash = path.find('/', slash + 1);
      found = lower_.find(*found, path.substr(0, slash));
    }
    return found;
  }

  Facts facts_in(std::size_t tree, const std::string& path) const {
    const struct stat status = lower_.tree(tree).status(path);
    return {status.st_mode & 07777, status.st_uid, status.st_gid, status.st_mtim,
            kept_attributes(lower_.tree(tree).attributes(path, status), marks_)};
  }

  Facts truth_of(const LowerTrees::Found& found, const std::string& path) const {
    const auto says =
        std::find_if(found.parts.begin(), found.parts.end(), [&](std::size_t i) { return !is_gap(i, path); });
    return says == found.parts.end() ? Facts() : facts_in(*says, path);
  }

  bool is_gap(std::size_t tree, const std::string& path) const {
    return trees_[tree].listing && trees_[tree].listing->is_gap(path);
  }

  Facts root_facts() const {
    for (std::size_t i = trees_.size(); i-- > 0;) {
      if (trees_[i].knows_root || (trees_[i].listing && trees_[i].listing->thing(""))) return facts_in(i, "");
    }
    return {};
  }

  // Makes the folder with those above it, unless they are made: the way leads to it, or ends above it.
  void put(const std::string& path) {
    if (way_.empty()) enter("", root_facts());
    while (way_.back().path.size() < path.size()) {
      const std::string& last = way_.back().path;
      const std::string next = path.substr(0, path.find('/', last.empty() ? 0 : last.size() + 1));
      enter(next, truth_of(*find(next), next));
    }
  }

  void enter(const std::string& path, Facts facts) {
    if (path.empty()) {
      root_ = files::UniqueFd(::open(into_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!root_.valid()) layer::file_error("open directory", into_, errno);
    } else if (::mkdirat(root_.get(), path.c_str(), 0700) != 0) {
      layer::file_error("create directory", path, errno);
    }
    way_.push_back({path, std::move(facts)});
  }

  // Nothing more is made in the last folder of the way.
  void leave() {
    const auto [path, facts] = std::move(way_.back());
    way_.pop_back();
    const files::UniqueFd fd(::openat(root_.get(), path.empty() ? "." : path.c_str(),
                                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat now = {};
    const timespec times[2] = {facts.mtime, facts.mtime};
    const bool owned = fd.valid() && ::fstat(fd.get(), &now) == 0 &&
                       ((now.st_uid == facts.uid && now.st_gid == facts.gid) ||
                        ::fchown(fd.get(), facts.uid, facts.gid) == 0);
    if (!owned || ::fchmod(fd.get(), facts.mode) != 0) layer::file_error("set the mode of", path, errno);
    for (const auto& [name, value] : facts.attributes) {
      ::fsetxattr(fd.get(), attribute_on_disk(name, marks_).c_str(), value.data(), value.size(), 0);
    }
    if (::futimens(fd.get(), times) != 0) layer::file_error("set the time of", path, errno);
  }

  struct Made {
    std::string path;
    Facts facts;
  };

  const std::vector<StackedTree>& trees_;
  const Marks marks_;
  const LowerTrees lower_;
  const std::optional<LowerTrees::Found> root_of_lower_;
  std::string into_;
  files::UniqueFd root_;   // of it
  std::vector<Made> way_;  // folders that something may still be made in, each in the one before
};

}  // namespace

bool fill_gaps(const std::vector<StackedTree>& trees, Marks marks, const std::string& into) {
  return GapFilling(trees, marks).run(into);
}

}  // namespace ixian::layer_files
