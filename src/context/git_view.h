// A checkout as git knows it: the same tree on every machine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "context/file_view.h"

namespace ixian::context {

// The time of files that have none of their own, 1980-01-01: the earliest that every tool can hold, zip
// included. Seconds since 1970.
inline constexpr std::int64_t kFixedTime = 315'532'800;

// Folders and executable files become 0755, others 0644, all of them root's, without extended attributes: git
// knows nothing else.
void to_git_mode(oci::TarEntry& entry);

// The files of `all` with git's modes and one time (seconds since 1970). Two names of one file are two files.
class GitView : public FileView {
 public:
  GitView(std::shared_ptr<const FileView> all, std::int64_t time) : all_(std::move(all)), time_(time) {}

  std::optional<oci::TarEntry> find(const std::string& path) const override;
  std::vector<std::string> children(const std::string& path) const override { return all_->children(path); }
  base::UniqueFd open(const std::string& path) const override { return all_->open(path); }
  std::string hard_link_group(const std::string&) const override { return ""; }

 private:
  const std::shared_ptr<const FileView> all_;
  const std::int64_t time_;
};

}  // namespace ixian::context
