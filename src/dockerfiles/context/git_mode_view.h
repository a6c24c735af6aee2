// A checkout as git knows it: the same tree on every machine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "context/file_view.h"

namespace ixian::context {

// The time of files that have none of their own, 1980-01-01: the earliest that every tool can hold, zip
// included. Seconds since 1970.
inline constexpr std::int64_t kFixedTime = 315'532'800;

// Folders and executable files become 0755, others 0644, all of them root's, without extended attributes: git
// knows nothing else.
void to_git_mode(tar::TarEntry& entry);

// The files of `all` with git's modes and one time (seconds since 1970). Two names of one file are two files.
// A folder in which no file lies, however deep, is in no list of children: git does not know it, so the next
// checkout does not have it. Who names it finds it. In what git itself has just checked out, such a folder is
// a submodule that was not asked for, and every checkout has it: kKept.
class GitModeView : public FileView {
 public:
  enum class EmptyFolders { kLeftOut, kKept };

  GitModeView(std::shared_ptr<const FileView> all, std::int64_t time,
              EmptyFolders empty_folders = EmptyFolders::kLeftOut)
      : all_(std::move(all)), time_(time), empty_folders_(empty_folders) {}

  std::optional<tar::TarEntry> find(const std::string& path) const override;
  std::vector<std::string> children(const std::string& path) const override;
  std::vector<Child> list(const std::string& path) const override;
  files::UniqueFd open(const std::string& path) const override { return all_->open(path); }
  std::string hard_link_group(const std::string&) const override { return ""; }

 private:
  bool is_folder(const std::string& path, const Child& child) const;
  bool has_file(const std::string& folder) const;
  std::vector<Child> all_children(const std::string& path) const;

  const std::shared_ptr<const FileView> all_;
  const std::int64_t time_;
  const EmptyFolders empty_folders_;
  // Guards `read_ahead_`.
  mutable std::mutex mutex_;
  // What is in folders of which it was asked whether a file lies there, until somebody wants to know it.
  mutable std::map<std::string, std::vector<Child>> read_ahead_;
};

}  // namespace ixian::context
