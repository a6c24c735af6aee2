// The file index.json of an OCI image layout (image-layout.md, "index.json file"): which names stand for
// what.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/json.h"
#include "files/fs.h"
#include "oci/descriptor.h"

namespace ixian::layout {

inline constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";

inline constexpr std::string_view kImageName = "io.containerd.image.name";

// The name that an entry carries, "" where it has none.
std::string entry_name(const base::Json& entry);

// The image's full name, "docker.io/library/debian:12", "" where it has none.
std::string entry_image_name(const base::Json& entry);

// The digest of an entry as text, "" where it has none.
std::string entry_digest(const base::Json& entry);

// What one version of the file says.
class IndexContent {
 public:
  explicit IndexContent(base::Json document);

  const base::Json& document() const { return document_; }
  const base::Json& entries() const { return document_.at("manifests"); }

  // The first entry of that name, as other tools take it, and of that full name, unless this is ""; nullptr
  // where there is none.
  const base::Json* entry(const std::string& name, const std::string& image_name = "") const;
  std::vector<std::string> names() const;  // sorted, without ""

 private:
  base::Json document_;
  std::map<std::string, std::size_t> by_name_;
};

// Thread-safe, and safe with other processes. Errors are Error{kRegistry} and name the file.
class IndexFile {
 public:
  explicit IndexFile(std::string folder);

  // Parsed anew only when the file has been replaced. Without entries where there is no file.
  std::shared_ptr<const IndexContent> read();

  // Under the lock of the folder: calls `change` with the entries as they are now; where it returns true,
  // the file is replaced by one with the changed entries, durably. All else that the file says is kept.
  void update(const std::function<bool(base::Json& entries)>& change, base::Cancellation& cancellation);

  // Makes the file, without entries, where there is none. The caller holds the lock.
  void make();

  const std::string& path() const { return path_; }
  std::string lock_path() const { return path_ + ".lock"; }

 private:
  void write(const base::Json& document);

  const std::string folder_;
  const std::string path_;
  // Guards all below: the content, and the file that it was read from.
  std::mutex mutex_;
  struct stat seen_ = {};
  files::UniqueFd seen_file_;
  std::shared_ptr<const IndexContent> content_;
};

}  // namespace ixian::layout
