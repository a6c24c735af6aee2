// The files and directories that something is mounted on, made where they are missing and taken away again.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/fs.h"

namespace ixian::rootfs {

// Of one tree, which nobody else changes while this makes or removes something.
class MountPoints {
 public:
  // `before_mount_point` is told of each existing directory (inside the tree, with a leading "/", "" the tree
  // itself) before something is made in it.
  explicit MountPoints(const std::string& root, std::function<void(const std::string&)> touching = {});
  // Of what is open already.
  explicit MountPoints(std::shared_ptr<const files::UniqueFd> root) : root_fd_(std::move(root)) {}

  // Takes away what was made and is still empty, and gives the directories back the times they would have had
  // without it.
  ~MountPoints();
  MountPoints(const MountPoints&) = delete;
  MountPoints& operator=(const MountPoints&) = delete;

  // Where `target` lies once all links in it have been followed inside the tree; absolute. Nothing is made.
  std::string resolve(std::string_view target) const;

  // Makes what is missing of a resolved target: directories, and at its end a directory or an empty file.
  // Throws Error{kTaskFailed} where it cannot, or where there is a file in place of a directory or the other
  // way round.
  void make(const std::string& resolved, bool directory);

 private:
  struct Made {
    std::string path;  // inside the tree
    bool directory;
    struct stat info;           // as it was made
    struct stat parent_before;  // of the folder that it is in
    struct stat parent_after;
  };

  void make_one(const std::string& path, bool directory);
  void remove(const Made& made);
  files::UniqueFd open_folder(const std::string& path) const;

  const std::function<void(const std::string&)> touching_;
  const std::shared_ptr<const files::UniqueFd> root_fd_;
  std::vector<Made> made_;
};

}  // namespace ixian::rootfs
