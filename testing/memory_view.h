// A tree of files that only exists in a test.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <set>
#include <string>

#include "context/file_view.h"

namespace ixian::testing {

class MemoryView : public context::FileView {
 public:
  MemoryView& folder(const std::string& path, std::uint32_t mode = 0755, std::uint32_t uid = 0) {
    make_above(path);
    tar::TarEntry& entry = entries_[path];
    entry.type = tar::TarType::kFolder;
    entry.mode = mode;
    entry.uid = uid;
    return *this;
  }
  MemoryView& file(const std::string& path, const std::string& content, std::uint32_t mode = 0644,
                   std::uint32_t uid = 0) {
    make_above(path);
    tar::TarEntry& entry = entries_[path];
    entry.mode = mode;
    entry.uid = uid;
    entry.size = content.size();
    contents_[path] = content;
    return *this;
  }
  MemoryView& link(const std::string& path, const std::string& target) {
    make_above(path);
    tar::TarEntry& entry = entries_[path];
    entry.type = tar::TarType::kSymlink;
    entry.link = target;
    return *this;
  }

  std::optional<tar::TarEntry> find(const std::string& path) const override {
    if (path.empty()) return context::EmptyView().find(path);
    const auto found = entries_.find(path);
    if (found == entries_.end()) return std::nullopt;
    tar::TarEntry entry = found->second;
    entry.name = context::base_name(path);
    return entry;
  }
  std::vector<std::string> children(const std::string& path) const override {
    std::set<std::string> names;
    for (const auto& [each, entry] : entries_) {
      if (context::parent_path(each) == path) names.insert(context::base_name(each));
    }
    return {names.begin(), names.end()};
  }
  files::UniqueFd open(const std::string& path) const override {
    files::UniqueFd fd(::memfd_create("file", MFD_CLOEXEC));
    const std::string& content = contents_.at(path);
    [[maybe_unused]] const ssize_t written = ::write(fd.get(), content.data(), content.size());
    ::lseek(fd.get(), 0, SEEK_SET);
    return fd;
  }
  std::string hard_link_group(const std::string&) const override { return ""; }

 private:
  void make_above(const std::string& path) {
    const std::string above = context::parent_path(path);
    if (!above.empty() && !entries_.contains(above)) folder(above);
  }

  std::map<std::string, tar::TarEntry> entries_;
  std::map<std::string, std::string> contents_;
};

}  // namespace ixian::testing
