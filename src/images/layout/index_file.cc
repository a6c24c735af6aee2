// index.json names a layout's images. Readers take no lock: the file is replaced as a whole, and what was
// parsed is used until it is another file. Writers read, change and replace it under the lock. What others
// put into it is kept, down to unknown fields.
#include "layout/index_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <stdexcept>

#include "base/error.h"
#include "layout/file_io.h"
#include "layout/folder_lock.h"
#include "oci/media_types.h"

namespace ixian::layout {
namespace {

constexpr std::size_t kMaxBytes = 64 << 20;
constexpr int kMaxDepth = 64;

base::Json without_entries() {
  return {{"schemaVersion", 2}, {"mediaType", oci::kOciIndex}, {"manifests", base::Json::array()}};
}

base::Json parse(const std::string& bytes, const std::string& path) {
  const auto damaged = [&](std::string_view reason) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("{} is damaged: not an index of images\nhint: restore it, or remove the "
                                  "directory and copy its images there again",
                                  base::printable_path(path)),
                      std::string(reason));
  };
  try {
    base::Json document = base::parse_json_strict(bytes, kMaxBytes, kMaxDepth);
    if (!document.is_object()) damaged("not an object");
    auto entries = document.find("manifests");
    if (entries == document.end() || entries->is_null()) {
      document["manifests"] = base::Json::array();
    } else if (!entries->is_array()) {
      damaged("\"manifests\" is not an array");
    }
    return document;
  } catch (const std::invalid_argument& error) {
    damaged(error.what());
    throw;
  }
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

std::string text_in(const base::Json& object, std::string_view key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string annotation(const base::Json& entry, std::string_view key) {
  if (!entry.is_object()) return "";
  const auto annotations = entry.find("annotations");
  return annotations == entry.end() ? "" : text_in(*annotations, key);
}

}  // namespace

std::string entry_name(const base::Json& entry) {
  return annotation(entry, kRefName);
}

std::string entry_image_name(const base::Json& entry) {
  return annotation(entry, kImageName);
}

std::string entry_digest(const base::Json& entry) {
  return text_in(entry, "digest");
}

IndexContent::IndexContent(base::Json document) : document_(std::move(document)) {
  const auto& all = entries();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (auto name = entry_name(all[i]); !name.empty()) by_name_.emplace(std::move(name), i);
  }
}

const base::Json* IndexContent::entry(const std::string& name, const std::string& image_name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  for (std::size_t i = found->second; i < entries().size(); ++i) {
    const base::Json& entry = entries()[i];
    if (image_name.empty() || (entry_name(entry) == name && entry_image_name(entry) == image_name))
      return &entry;
  }
  return nullptr;
}

std::vector<std::string> IndexContent::names() const {
  std::vector<std::string> names;
  for (const auto& [name, place] : by_name_) names.push_back(name);
  return names;
}

IndexFile::IndexFile(std::string folder) : folder_(std::move(folder)), path_(folder_ + "/index.json") {}

// The file that was parsed stays open, so that no other can get its inode number and pass for it.
std::shared_ptr<const IndexContent> IndexFile::read() {
  std::lock_guard lock(mutex_);
  OpenFile file = open_for_reading(path_);
  if (!file.fd.valid()) return std::make_shared<const IndexContent>(without_entries());
  struct stat status = {};
  if (::fstat(file.fd.get(), &status) != 0) file_error("read", path_, errno);
  // The change time is part of it: no program can set that.
  if (content_ && same_file(status, seen_)) return content_;
  content_ = nullptr;
  content_ = std::make_shared<const IndexContent>(parse(read_whole(file, path_, kMaxBytes), path_));
  seen_ = status;
  seen_file_ = std::move(file.fd);
  return content_;
}

void IndexFile::update(const std::function<bool(base::Json& entries)>& change,
                       base::Cancellation& cancellation) {
  const FolderLock lock(lock_path(), cancellation);
  const auto bytes = read_whole(path_, kMaxBytes);
  base::Json document = bytes ? parse(*bytes, path_) : without_entries();
  if (change(document["manifests"])) write(document);
}

void IndexFile::make() {
  if (!file_size(path_)) write(without_entries());
}

// Under the lock there is one writer, so that the new file can always have the same name: what a crash leaves
// of it is overwritten by the next.
void IndexFile::write(const base::Json& document) {
  const std::string fresh = path_ + ".new";
  const std::string bytes = document.dump();
  const files::UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd.valid()) file_error("write", fresh, errno);
  write_at(fd.get(), bytes, 0, fresh);
  sync_file(fd.get(), fresh);
  if (::rename(fresh.c_str(), path_.c_str()) != 0) file_error("write", path_, errno);
  sync_folder(folder_);
}

}  // namespace ixian::layout
