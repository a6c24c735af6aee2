// A tree is thousands of files, and is whole only once all of them are. The database says which are: a row
// says kIncomplete from before the folder is there, kOfThisBoot when it has been filled, kDurable when it has
// been filled and is on the disk; a folder without a row is nothing. So what a killed process leaves is never
// taken for a layer.
//
// Between the last two lies syncfs(2), which takes as long as the disk needs for all that was written:
// seconds for a large layer, of which most are removed, or extracted over and over in CI, long before it
// would have mattered. A kernel that runs does not forget what was written, so until it has ended a tree is
// as good without. What a loss of power takes is known by the boot id in the row, and is made again from the
// layer's blob, which is always durable. A later process, when the kernel has long written all by itself,
// calls syncfs and marks the tree durable. Where there is no boot id, syncfs is called at once.
#include "store/trees.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.h"
#include "files/fs.h"
#include "layout/file_io.h"
#include "layout/temporary_file.h"
#include "store/file_lock.h"
#include "store/lease.h"
#include "store/trash.h"

namespace ixian::store {
namespace {

enum State : std::int64_t { kIncomplete = 0, kOfThisBoot = 1, kDurable = 2 };

const std::string& boot_id() {
  static const std::string id = []() -> std::string {
    try {
      const auto text = layout::read_whole("/proc/sys/kernel/random/boot_id", 100);
      return text ? text->substr(0, text->find('\n')) : "";
    } catch (const base::Error&) {
      return "";
    }
  }();
  return id;
}

bool is_folder(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void sync_file_system(const std::string& path) {
  const files::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::syncfs(fd.get()) != 0) layout::file_error("write to", path, errno);
}

}  // namespace

ExtractedLayers::ExtractedLayers(std::shared_ptr<Database> database, Folder folder, base::Clock& clock,
                                 base::Cancellation& cancellation)
    : database_(std::move(database)),
      folder_(std::move(folder)),
      clock_(clock),
      cancellation_(cancellation) {}

bool ExtractedLayers::has(const oci::Digest& diff_id) {
  {
    Transaction transaction(*database_, TransactionMode::kRead);
    auto row = transaction.query("SELECT state, boot FROM tree WHERE diff_id = ?1", diff_id.text());
    if (!row.step()) return false;
    const bool whole = row.number(0) == kDurable ||
                       (row.number(0) == kOfThisBoot && !boot_id().empty() && row.text(1) == boot_id());
    if (!whole) return false;
  }
  return is_folder(folder_.tree(diff_id));
}

// Durable only where it takes back what is durable: else what a loss of power leaves is not taken for whole,
// with this row or without.
void ExtractedLayers::mark_incomplete(const oci::Digest& diff_id) {
  const bool known = [&] {
    Transaction look(*database_, TransactionMode::kRead);
    return look.query("SELECT 1 FROM tree WHERE diff_id = ?1", diff_id.text()).step();
  }();
  Transaction transaction(*database_, known ? TransactionMode::kDurable : TransactionMode::kWrite);
  transaction.run("INSERT OR REPLACE INTO tree(diff_id, state, boot, made, used) VALUES(?1, ?2, '', ?3, ?3)",
                  diff_id.text(), std::int64_t{kIncomplete}, unix_time(clock_));
  transaction.commit();
}

void ExtractedLayers::mark_complete(const oci::Digest& diff_id) {
  const bool at_once = boot_id().empty();
  if (at_once) sync_file_system(folder_.trees());
  const std::int64_t now = unix_time(clock_);
  Transaction transaction(*database_, at_once ? TransactionMode::kDurable : TransactionMode::kWrite);
  transaction.run("INSERT OR REPLACE INTO tree(diff_id, state, boot, made, used) VALUES(?1, ?2, ?3, ?4, ?4)",
                  diff_id.text(), std::int64_t{at_once ? kDurable : kOfThisBoot}, boot_id(), now);
  transaction.commit();
}

void ExtractedLayers::with_lock(const oci::Digest& diff_id, const std::function<void()>& make) {
  if (has(diff_id)) return;
  const NameLock lock(folder_.locks(), diff_id.text(), cancellation_);
  if (has(diff_id)) return;  // somebody has made it meanwhile
  const Trash trash(folder_.trash());
  mark_incomplete(diff_id);
  if (trash.take(folder_.tree(diff_id))) trash.empty();
  try {
    make();
    mark_complete(diff_id);
  } catch (...) {
    if (trash.take(folder_.tree(diff_id))) trash.empty();
    throw;
  }
}

void ExtractedLayers::make(const oci::Digest& diff_id,
                           const std::function<void(const std::string& folder)>& fill) {
  with_lock(diff_id, [&] {
    const std::string path = folder_.tree(diff_id);
    // The root of a file system, whatever the umask is.
    if (::mkdir(path.c_str(), 0755) != 0 || ::chmod(path.c_str(), 0755) != 0) {
      layout::file_error("create the directory", path, errno);
    }
    fill(path);
  });
}

void ExtractedLayers::adopt(const oci::Digest& diff_id, const std::string& folder) {
  bool moved = false;
  with_lock(diff_id, [&] {
    const std::string path = folder_.tree(diff_id);
    if (::rename(folder.c_str(), path.c_str()) != 0) layout::file_error("move into place", folder, errno);
    moved = true;
  });
  if (moved) return;
  const Trash trash(folder_.trash());
  if (trash.take(folder)) trash.empty();
}

files::UniqueFd ExtractedLayers::open_listing(const oci::Digest& diff_id) const {
  return std::move(layout::open_for_reading(folder_.listing(diff_id)).fd);
}

void ExtractedLayers::put_listing(const oci::Digest& diff_id,
                                  const std::function<void(int file, const std::string& path)>& write) const {
  layout::TemporaryFile file(folder_.trees(), ".listing-");
  write(file.fd(), file.path());
  file.move_unsynced_to(folder_.listing(diff_id));
}

void ExtractedLayers::reclaim() {
  std::vector<std::string> remains;
  {
    Transaction transaction(*database_, TransactionMode::kRead);
    auto rows = transaction.query("SELECT diff_id FROM tree WHERE state = 0 OR (state = 1 AND boot <> ?1)",
                                  boot_id());
    while (rows.step()) remains.push_back(rows.text(0));
  }
  for (const std::string& text : remains) {
    const auto diff_id = oci::Digest::parse(text);
    if (!diff_id) continue;
    const NameLock lock(folder_.locks(), text, NameLock::Try::kNow);
    if (!lock.held()) continue;  // it is being made
    Transaction transaction(*database_, TransactionMode::kWrite);
    transaction.run("DELETE FROM tree WHERE diff_id = ?1 AND (state = 0 OR (state = 1 AND boot <> ?2))", text,
                    boot_id());
    if (transaction.changes() == 0) continue;  // it has been made
    Trash(folder_.trash()).take(folder_.tree(*diff_id));
    transaction.commit();
  }
  layout::reclaim_temporary_files(folder_.trees(), ".listing-");
}

bool ExtractedLayers::has_unconfirmed(std::int64_t age) {
  Transaction transaction(*database_, TransactionMode::kRead);
  return transaction
      .query("SELECT 1 FROM tree WHERE state = 1 AND boot = ?1 AND made <= ?2 LIMIT 1", boot_id(),
             unix_time(clock_) - age)
      .step();
}

void ExtractedLayers::confirm(std::int64_t age) {
  const std::int64_t until = unix_time(clock_) - age;
  sync_file_system(folder_.trees());
  Transaction transaction(*database_, TransactionMode::kDurable);
  transaction.run("UPDATE tree SET state = 2 WHERE state = 1 AND boot = ?1 AND made <= ?2", boot_id(), until);
  transaction.commit();
}

}  // namespace ixian::store
