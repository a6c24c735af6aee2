#include "layer/fill_gaps.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>

#include "layer/confined.h"
#include "layer/lower_trees.h"
#include "layer/whiteout.h"

namespace ixian::layer {
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
      : trees_(trees), marks_(marks), lower_(paths_of(trees), marks), gaps_(trees.size()) {}

  bool run(const std::string& into) {
    std::set<std::string> all;
    for (std::size_t i = 0; i < trees_.size(); ++i) {
      if (!trees_[i].listing) continue;
      for (std::string& gap : trees_[i].listing->gaps()) {
        all.insert(gap);
        gaps_[i].insert(std::move(gap));
      }
    }
    const auto root = lower_.root();
    if (!root) return false;
    for (std::size_t i = 0; i < trees_.size(); ++i) find_lonely(i);
    std::map<std::string, Facts> wrong;
    for (const std::string& path : all) {
      const auto found = find(path);
      if (!found || !S_ISDIR(found->status.st_mode)) continue;
      Facts truth = truth_of(*found, path);
      const Facts shown = facts_in(found->tree, path);
      if (!truth.same(shown) || !truth.same_time(shown)) wrong.emplace(path, std::move(truth));
    }
    for (const std::string& path : lonely_) wrong.try_emplace(path, truth_of(*find(path), path));
    const Facts right_root = root_facts();
    if (wrong.empty() && right_root.same(facts_in(root->tree, ""))) return false;
    for (const std::string& path : all_above(wrong)) wrong.try_emplace(path, truth_of(*find(path), path));
    wrong.insert_or_assign("", right_root);
    make(wrong, into);
    return true;
  }

 private:
  static std::vector<std::string> paths_of(const std::vector<StackedTree>& trees) {
    std::vector<std::string> paths;
    for (const StackedTree& tree : trees) paths.push_back(tree.path);
    return paths;
  }

  static std::set<std::string> all_above(const std::map<std::string, Facts>& folders) {
    std::set<std::string> above;
    for (const auto& [path, facts] : folders) {
      for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
        above.insert(path.substr(0, slash));
    }
    return above;
  }

  std::optional<LowerTrees::Found> find(const std::string& path) const {
    auto found = lower_.root();
    for (std::size_t slash = 0; found && slash != std::string::npos;) {
      slash = path.find('/', slash + 1);
      found = lower_.find(*found, path.substr(0, slash));
    }
    return found;
  }

  // Where overlayfs has nothing to merge a folder with, it lists the whiteouts in it as names of nothing.
  void find_lonely(std::size_t tree) {
    if (!trees_[tree].listing) return;
    for (const ListedEntry& entry : trees_[tree].listing->entries()) {
      if (entry.type != EntryType::kWhiteout) continue;
      const std::string folder(split_path(entry.path).folder);
      if (folder.empty() || lonely_.contains(folder)) continue;
      const auto found = find(folder);
      if (found && found->parts == std::vector<std::size_t>{tree}) lonely_.insert(folder);
    }
  }

  Facts facts_in(std::size_t tree, const std::string& path) const {
    const struct stat status = lower_.tree(tree).status(path);
    return {status.st_mode & 07777, status.st_uid, status.st_gid, status.st_mtim,
            kept_attributes(lower_.tree(tree).attributes(path, status), marks_)};
  }

  Facts truth_of(const LowerTrees::Found& found, const std::string& path) const {
    const auto says = std::find_if(found.parts.begin(), found.parts.end(),
                                   [&](std::size_t i) { return !gaps_[i].contains(path); });
    return says == found.parts.end() ? Facts() : facts_in(*says, path);
  }

  Facts root_facts() const {
    for (std::size_t i = trees_.size(); i-- > 0;) {
      if (trees_[i].knows_root || (trees_[i].listing && trees_[i].listing->thing("") != nullptr))
        return facts_in(i, "");
    }
    return {};
  }

  void make(const std::map<std::string, Facts>& folders, const std::string& into) const {
    const base::UniqueFd root(::open(into.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root.valid()) file_error("open the folder", into, errno);
    for (const auto& [path, facts] : folders) {
      if (!path.empty() && ::mkdirat(root.get(), path.c_str(), 0700) != 0)
        file_error("make the folder", path, errno);
    }
    for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
      const auto& [path, facts] = *folder;
      const base::UniqueFd fd(::openat(root.get(), path.empty() ? "." : path.c_str(),
                                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      struct stat now = {};
      const timespec times[2] = {facts.mtime, facts.mtime};
      const bool owned = fd.valid() && ::fstat(fd.get(), &now) == 0 &&
                         ((now.st_uid == facts.uid && now.st_gid == facts.gid) ||
                          ::fchown(fd.get(), facts.uid, facts.gid) == 0);
      if (!owned || ::fchmod(fd.get(), facts.mode) != 0) file_error("set the mode of", path, errno);
      for (const auto& [name, value] : facts.attributes) {
        ::fsetxattr(fd.get(), attribute_on_disk(name, marks_).c_str(), value.data(), value.size(), 0);
      }
      if (::futimens(fd.get(), times) != 0) file_error("set the time of", path, errno);
    }
  }

  const std::vector<StackedTree>& trees_;
  const Marks marks_;
  const LowerTrees lower_;
  std::vector<std::set<std::string>> gaps_;  // of each tree
  std::set<std::string> lonely_;
};

}  // namespace

bool fill_gaps(const std::vector<StackedTree>& trees, Marks marks, const std::string& into) {
  return GapFilling(trees, marks).run(into);
}

}  // namespace ixian::layer
