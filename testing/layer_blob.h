// Layers made by hand, and folders on disk as text that tests compare.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "files/fs.h"
#include "layer/read_layer.h"
#include "layer_files/extract.h"
#include "oci/media_types.h"
#include "tar/writer.h"

namespace ixian::testing {

// The bytes of a tar, an entry after the other, without any check.
class TarText {
 public:
  TarText& add(tar::TarEntry entry, std::string_view content = "") {
    if (entry.type == tar::TarType::kFile) entry.size = content.size();
    text_ += tar::tar_header(entry);
    text_ += content;
    text_ += std::string(tar::tar_padding(content.size()), '\0');
    return *this;
  }
  TarText& file(const std::string& name, std::string_view content = "", std::uint32_t mode = 0644) {
    tar::TarEntry entry;
    entry.name = name;
    entry.mode = mode;
    own(entry);
    return add(entry, content);
  }
  TarText& folder(const std::string& name, std::uint32_t mode = 0755) {
    tar::TarEntry entry;
    entry.name = name;
    entry.type = tar::TarType::kFolder;
    entry.mode = mode;
    own(entry);
    return add(entry);
  }
  TarText& link(const std::string& name, const std::string& target,
                tar::TarType type = tar::TarType::kSymlink) {
    tar::TarEntry entry;
    entry.name = name;
    entry.type = type;
    entry.mode = 0777;
    entry.link = target;
    own(entry);
    return add(entry);
  }
  TarText& hard_link(const std::string& name, const std::string& target) {
    return link(name, target, tar::TarType::kHardLink);
  }
  std::string end(std::string_view behind = "") const { return text_ + tar::tar_end() + std::string(behind); }

 private:
  // Of whoever runs the test, so that it can also be an ordinary user.
  static void own(tar::TarEntry& entry) {
    entry.uid = ::geteuid();
    entry.gid = ::getegid();
    entry.mtime = 1'000'000'000;
  }

  std::string text_;
};

inline oci::Descriptor layer_descriptor(std::string_view blob,
                                        std::string_view media_type = oci::kOciLayerGzip) {
  return {.media_type = std::string(media_type),
          .digest = oci::Digest::of(blob),
          .size = blob.size(),
          .platform = {},
          .annotations = {},
          .urls = {},
          .artifact_type = {}};
}

inline layer_files::Extracted extract_text(const std::string& blob, const std::string& folder,
                                           const layer_files::ExtractOptions& options = {}) {
  base::Cancellation cancellation;
  base::TextSource source(blob);
  const files::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return layer_files::extract(source, layer_descriptor(blob), std::nullopt, fd.get(), options, cancellation);
}

inline layer::ScannedLayer scan_text(const std::string& blob, const compression::Limits& limits = {}) {
  base::Cancellation cancellation;
  base::TextSource source(blob);
  return layer::scan(source, layer_descriptor(blob), std::nullopt, limits, cancellation);
}

inline std::string file_text(const std::string& path) {
  const auto text = files::read_file(path);
  return text ? *text : "(none)";
}

// Everything below a folder, a line each, sorted: type, mode, what it is. Folders without their time.
inline std::string tree_text(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) continue;
    const char type = S_ISDIR(status.st_mode)    ? 'd'
                      : S_ISLNK(status.st_mode)  ? 'l'
                      : S_ISREG(status.st_mode)  ? 'f'
                      : S_ISFIFO(status.st_mode) ? 'p'
                      : S_ISCHR(status.st_mode)  ? 'c'
                                                 : 'b';
    std::string line =
        fmt::format("{} {} {:o}", path.substr(folder.size() + 1), type, status.st_mode & 07777);
    if (type == 'f') line += " \"" + file_text(path) + "\"";
    if (type == 'l')
      line = fmt::format("{} l {}", path.substr(folder.size() + 1), fs::read_symlink(path).string());
    if (type == 'c' || type == 'b')
      line += fmt::format(" {}:{}", major(status.st_rdev), minor(status.st_rdev));
    char value[64];
    for (const char* name : {"trusted.overlay.opaque", "user.overlay.opaque"}) {
      if (type == 'd' && ::lgetxattr(path.c_str(), name, value, sizeof(value)) > 0) line += " opaque";
    }
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// As an ordinary user could extract; root tests owners besides.
inline layer_files::ExtractOptions extract_options(
    layer_files::ExtractInto into = layer_files::ExtractInto::kTree) {
  layer_files::ExtractOptions options;
  options.into = into;
  return options;
}

}  // namespace ixian::testing
