// Each folder has a locked file beside it, of the same name without the ending, which is there before the
// folder and goes after it.
#include "store/work_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "files/temporary_folder.h"
#include "layout/file_io.h"
#include "store/file_lock.h"
#include "store/trash.h"

namespace ixian::store {
namespace {

constexpr const char* kWorkPrefix = "work-";
constexpr std::string_view kWorkEnding = ".d";

std::string make_temporary_folder() {
  std::string path = files::temporary_folder() + "/ix-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) layout::file_error("create the directory", path, errno);
  return path;
}

}  // namespace

WorkDir::WorkDir(const Folder& folder)
    : trash_(folder.trash()),
      lock_(std::make_unique<layout::TemporaryFile>(folder.work(), kWorkPrefix)),
      path_(lock_->path() + std::string(kWorkEnding)) {
  if (::mkdir(path_.c_str(), 0700) != 0) layout::file_error("create the directory", path_, errno);
}

WorkDir::WorkDir() : path_(make_temporary_folder()) {}

WorkDir::~WorkDir() {
  if (!lock_) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    return;
  }
  try {
    const Trash trash(trash_);
    if (trash.take(path_)) trash.empty();
  } catch (const base::Error&) {  // the next user tries again
  }
}

void reclaim_work_folders(const Folder& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder.work(), error), end; !error && entry != end;
       entry.increment(error)) {
    std::string path = entry->path();
    if (!path.ends_with(kWorkEnding)) continue;
    if (is_locked(path.substr(0, path.size() - kWorkEnding.size()))) continue;
    try {
      Trash(folder.trash()).take(path);
    } catch (const base::Error&) {  // a mount that is still there: it stays until somebody unmounts it
    }
  }
  layout::reclaim_temporary_files(folder.work(), kWorkPrefix);
}

}  // namespace ixian::store
