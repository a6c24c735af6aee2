// The file oci-layout says that a folder is a layout, so it is made last: a folder that was not finished is
// none yet, and the next writer finishes it.
#include "layout/layout_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "layout/file_io.h"
#include "layout/folder_lock.h"
#include "layout/temporary_file.h"

namespace ixian::layout {
namespace {

constexpr const char* kMarker = "/oci-layout";
constexpr std::string_view kVersion = R"({"imageLayoutVersion":"1.0.0"})";

// What a layout that is being made, or a file system's root, may hold besides.
bool is_harmless(const std::string& name) {
  return name.starts_with('.') || name.starts_with("index.json") || name == "blobs" || name == "lost+found";
}

}  // namespace

LayoutFolder::LayoutFolder(std::string path, LayoutUse use)
    : path_(std::move(path)), use_(use), blobs_(path_ + "/blobs"), index_(path_) {
  if (is_layout()) return;
  if (use == LayoutUse::kWrite) {
    refuse_other_folders();
    return;
  }
  if (!std::filesystem::exists(path_)) {
    base::fail_registry(
        fmt::format("directory not found: {}\nhint: check its name, and whether its file system is mounted",
                    base::printable_path(path_)));
  }
  base::fail_registry(fmt::format("no images in {}: not an OCI image layout, its file oci-layout is missing",
                                  base::printable_path(path_)));
}

bool LayoutFolder::is_layout() const {
  const std::string file = path_ + kMarker;
  const auto text = read_whole(file, 4096);
  if (!text) return false;
  std::string version;
  try {
    const base::Json document = base::parse_json(*text, 4096, 8);
    version = document.at("imageLayoutVersion").get<std::string>();
  } catch (const std::exception& error) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("{} is damaged: no version of the OCI image layout\nhint: write {} into it "
                                  "if the directory is one",
                                  base::printable_path(file), kVersion),
                      error.what());
  }
  if (version.starts_with("1.")) return true;
  base::fail_registry(fmt::format("unsupported version of the OCI image layout in {}: {} (expected: 1)",
                                  base::printable_path(path_), base::printable_path(version)));
}

void LayoutFolder::refuse_other_folders() const {
  struct stat status = {};
  if (::stat(path_.c_str(), &status) != 0) return;
  if (!S_ISDIR(status.st_mode)) {
    base::fail_registry(
        fmt::format("{} is a file, not a directory\nhint: name a directory", base::printable_path(path_)));
  }
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    // Asked for each name: somebody may be making the layout meanwhile.
    if (is_harmless(name) || is_layout()) continue;
    base::fail_registry(
        fmt::format("{} contains other things than images, {} for one\nhint: name a directory that is new or "
                    "empty, or an OCI image layout",
                    base::printable_path(path_), base::printable_path(name)));
  }
}

void LayoutFolder::prepare_to_write(base::Cancellation& cancellation) {
  std::lock_guard guard(mutex_);
  if (prepared_) return;
  if (use_ == LayoutUse::kRead) {
    throw std::logic_error("The folder " + path_ + " was opened for reading only");
  }
  if (!is_layout()) {
    make_folders(path_);
    const FolderLock lock(index_.lock_path(), cancellation);
    make_folders(path_ + "/blobs/sha256");
    index_.make();
    if (!is_layout()) {
      TemporaryFile marker(path_, ".oci-layout-");
      write_at(marker.fd(), kVersion, 0, marker.path());
      marker.move_to(path_ + kMarker);
      sync_folder(path_);
    }
  }
  reclaim_temporary_files(path_, ".oci-layout-");
  blobs_.reclaim();
  prepared_ = true;
}

bool LayoutFolder::same_as(const LayoutFolder& other) const {
  std::error_code error;
  return std::filesystem::equivalent(path_, other.path_, error) && !error;
}

}  // namespace ixian::layout
