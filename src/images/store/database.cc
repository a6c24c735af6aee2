// Write-ahead logging, so that whoever asks never waits for whoever writes. With synchronous=NORMAL a commit
// is one write into the log, which outlives the process; kDurable raises that to FULL, which also syncs the
// log. The log is kept when the last connection closes: making and removing it is where two processes could
// get into each other's way, and a log that is there already can be written on a full disk.
#include "store/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "layout/file_io.h"
#include "layout/folder_lock.h"

namespace ixian::store {
namespace {

constexpr int kSchema = 2;
constexpr off_t kReserve = 512 << 10;
constexpr const char* kReserveFile = ".reserve";
constexpr auto kPatience = std::chrono::seconds{60};

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS name(name TEXT PRIMARY KEY, media_type TEXT NOT NULL, digest TEXT NOT NULL,"
    " size INTEGER NOT NULL, used INTEGER NOT NULL, written INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS entry(key TEXT PRIMARY KEY, value TEXT NOT NULL, used INTEGER NOT NULL,"
    " written INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS entry_blob(key TEXT NOT NULL REFERENCES entry(key) ON DELETE CASCADE,"
    " place INTEGER NOT NULL, media_type TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL,"
    " PRIMARY KEY(key, place)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS entry_tree(key TEXT NOT NULL REFERENCES entry(key) ON DELETE CASCADE,"
    " place INTEGER NOT NULL, diff_id TEXT NOT NULL, PRIMARY KEY(key, place)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS tree(diff_id TEXT PRIMARY KEY, state INTEGER NOT NULL, boot TEXT NOT NULL,"
    " made INTEGER NOT NULL, used INTEGER NOT NULL, bytes INTEGER) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS unpacked(blob TEXT PRIMARY KEY, diff_id TEXT NOT NULL, gaps INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS lease(id TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS lease_keeps(lease TEXT NOT NULL REFERENCES lease(id) ON DELETE CASCADE,"
    " object TEXT NOT NULL, PRIMARY KEY(lease, object)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS lease_keeps_object ON lease_keeps(object);"
    "CREATE TABLE IF NOT EXISTS counter(roots INTEGER NOT NULL);"
    "INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);"
    "PRAGMA user_version=2;";

constexpr int kShortLog = 200;   // pages
constexpr int kLongLog = 1'000;  // pages, as SQLite's own hook has it

int after_commit(void* frames, sqlite3* handle, const char* name, int count) {
  *static_cast<int*>(frames) = count;
  if (count >= kLongLog) sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

// SQLite asks this when somebody else has the database. 0 gives up.
int wait_for_others(void* cancellation, int times) {
  const auto pause = std::chrono::milliseconds{std::min(1 + times, 20)};
  if (pause * times > kPatience) return 0;
  return static_cast<base::Cancellation*>(cancellation)->wait_for(pause) ? 0 : 1;
}

}  // namespace

Database::Database(std::string path, base::Cancellation& cancellation, bool only_reads)
    : path_(std::move(path)), cancellation_(cancellation), only_reads_(only_reads) {
  try {
    open();
  } catch (...) {
    for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
    sqlite3_close(handle_);
    throw;
  }
}

// The last connection would write the log into the database, which waits for the disk twice; a short one is
// as well left for the next.
Database::~Database() {
  if (frames_ < kShortLog) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

void Database::keep_reserve() const noexcept {
  try {
    const std::string file = path_ + kReserveFile;
    const files::UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd.valid() && ::posix_fallocate(fd.get(), 0, kReserve) != 0) ::unlink(file.c_str());
  } catch (const std::bad_alloc&) {
  }
}

void Database::use_reserve() const noexcept {
  try {
    struct statvfs space = {};
    if (::statvfs(path_.c_str(), &space) != 0) return;
    if (space.f_bavail * space.f_frsize < static_cast<fsblkcnt_t>(kReserve)) {
      ::unlink((path_ + kReserveFile).c_str());
    }
  } catch (const std::bad_alloc&) {
  }
}

void Database::fail() {
  const int code = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(handle_);
  if (code == SQLITE_BUSY) cancellation_.throw_if_requested();
  const std::string file = base::printable_path(path_);
  std::string message;
  switch (code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      message = fmt::format(
          "{} is damaged\nhint: remove it and the files beside it whose names start with it; the store keeps "
          "working, but forgets its tags and earlier builds",
          file);
      break;
    case SQLITE_FULL:
      message = fmt::format("cannot write {}: no space left on device\nhint: free some space there", file);
      break;
    case SQLITE_BUSY:
      message = fmt::format("timed out: {} was locked by other processes for 1m\nhint: try again", file);
      break;
    default:
      message = fmt::format("cannot use {}: {}\nhint: check the disk, and the file's owner and permissions",
                            file, code == SQLITE_NOMEM ? "out of memory" : sqlite3_errmsg(handle_));
  }
  throw base::Error(code == SQLITE_FULL ? base::ErrorCode::kTaskFailed : base::ErrorCode::kRegistry,
                    std::move(message));
}

void Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

// Who only reads does not make the file through which processes share the log's index, nor writes to it.
// Where there is none and no log either, as in a copy, the database is all there is, and nobody can change
// it. A store that is not there yet is an empty one.
void Database::open_file() {
  if (!only_reads_) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path_.c_str(), &handle_, flags, nullptr) != SQLITE_OK) fail();
    return;
  }
  if (!layout::file_size(path_)) {
    if (sqlite3_open_v2(":memory:", &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) !=
        SQLITE_OK)
      fail();
    return execute(kTables);
  }
  const bool shares = layout::file_size(path_ + "-shm").has_value();
  const bool alone = !shares && layout::file_size(path_ + "-wal").value_or(0) == 0;
  std::string name = "file:";
  for (const char c : path_)
    name += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02x}", c) : std::string(1, c);
  name += alone ? "?immutable=1" : shares ? "?mode=ro&readonly_shm=1" : "?mode=ro";
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr) != SQLITE_OK) fail();
}

void Database::open() {
  open_file();
  sqlite3_busy_handler(handle_, wait_for_others, &cancellation_);
  sqlite3_wal_hook(handle_, after_commit, &frames_);
  int persist = 1;
  sqlite3_file_control(handle_, nullptr, SQLITE_FCNTL_PERSIST_WAL, &persist);
  const auto version = [this] {
    SqlStatement statement(*this, "PRAGMA user_version");
    return statement.step() ? statement.number(0) : 0;
  };
  // An older one has all its tables, and gets those that are new.
  if (version() < kSchema && !only_reads_) {
    // SQLite's own lock does not cover the change to write-ahead logging, at which two first processes would
    // fail.
    const layout::FolderLock lock(path_ + ".lock", cancellation_);
    if (version() < kSchema) make_tables();
  }
  if (version() > kSchema) {
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format(
            "{} was written by a newer ix\nhint: use that one, or name another directory in IXIAN_STORE",
            base::printable_path(path_)));
  }
  // With any limit SQLite cuts the log to nothing when it has written all of it into the database and closes;
  // else whoever opens next reads all of it again, and goes on behind it.
  execute("PRAGMA foreign_keys=ON; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=1048576;");
}

void Database::make_tables() {
  execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN IMMEDIATE");
  execute(kTables);
  execute("COMMIT");
  layout::sync_folder(layout::folder_of(path_));
}

void Database::synchronise(bool full) {
  if (full == full_) return;
  execute(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  full_ = full;
}

sqlite3_stmt* Database::prepared(const char* sql) {
  if (const auto found = prepared_.find(sql); found != prepared_.end()) {
    sqlite3_stmt* statement = found->second;
    prepared_.erase(found);
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
    fail();
  return statement;
}

void Database::give_back(const char* sql, sqlite3_stmt* statement) noexcept {
  if (statement == nullptr) return;
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  try {
    if (prepared_.emplace(sql, statement).second) return;
  } catch (const std::bad_alloc&) {
  }
  sqlite3_finalize(statement);
}

SqlStatement::SqlStatement(Database& database, const char* sql)
    : database_(database), sql_(sql), handle_(database.prepared(sql)) {}

SqlStatement::SqlStatement(SqlStatement&& other) noexcept
    : database_(other.database_), sql_(other.sql_), handle_(std::exchange(other.handle_, nullptr)) {}

SqlStatement::~SqlStatement() {
  database_.give_back(sql_, handle_);
}

void SqlStatement::bind(int index, std::string_view text) {
  // A null pointer would be SQL's NULL.
  sqlite3_bind_text64(handle_, index, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

void SqlStatement::bind(int index, std::int64_t number) {
  sqlite3_bind_int64(handle_, index, number);
}

bool SqlStatement::step() {
  const int code = sqlite3_step(handle_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_.fail();
  return code == SQLITE_ROW;
}

std::string SqlStatement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return bytes == nullptr ? "" : std::string(reinterpret_cast<const char*>(bytes), size);
}

std::int64_t SqlStatement::number(int column) const {
  return sqlite3_column_int64(handle_, column);
}

bool SqlStatement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

Transaction::Transaction(Database& database, TransactionMode access)
    : database_(database), lock_(database.mutex_) {
  if (access != TransactionMode::kRead && database_.only_reads_) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("permission denied: cannot write to the store in {}\nhint: name another "
                                  "directory in IXIAN_STORE, or allow this user to write there",
                                  base::printable_path(layout::folder_of(database_.path_))));
  }
  if (access != TransactionMode::kRead) database_.synchronise(access == TransactionMode::kDurable);
  database_.execute(access == TransactionMode::kRead ? "BEGIN" : "BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

int Transaction::changes() const {
  return sqlite3_changes(database_.handle_);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace ixian::store
