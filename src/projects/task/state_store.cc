// Two tables: `task` holds the small records, which every plan reads; `detail` holds the listings, which only
// `ix why` reads.
//
// Write-ahead logging with synchronous=NORMAL: a killed process never leaves half a record, and after a loss
// of power the last records may be missing, which costs a run and no more. Where the file system cannot do
// it, SQLite stays with its roll-back journal by itself.
#include "task/state_store.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/trust.h"

namespace ixian::task {
namespace {

constexpr int kSchema = 1;

// Arguments may be any bytes; JSON holds text.
std::vector<std::string> map_args(std::vector<std::string> args, std::string (*change)(std::string_view)) {
  for (auto& arg : args) arg = change(arg);
  return args;
}

base::Json to_json(const TaskRecord& record) {
  return {{"finished_at", record.finished_at},
          {"checks", record.checks},
          {"depends", record.depends},
          {"args", map_args(record.args, base::printable_path)}};
}

// A record that cannot be read counts as absent.
std::optional<TaskRecord> from_json(std::uint64_t run, std::string_view text) {
  try {
    const base::Json json = base::Json::parse(text);
    TaskRecord record;
    record.run = run;
    json.at("finished_at").get_to(record.finished_at);
    record.checks = json.at("checks");
    json.at("depends").get_to(record.depends);
    record.args = map_args(json.at("args").get<std::vector<std::string>>(), base::from_printable_path);
    return record;
  } catch (const base::Json::exception&) {
    return std::nullopt;
  }
}

bool is_damage(int code) {
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

}  // namespace

// A prepared statement, finalized when it goes out of scope.
class StateStore::Statement {
 public:
  Statement(StateStore& store, const char* sql) : store_(store) {
    if (sqlite3_prepare_v2(store.database_, sql, -1, &handle_, nullptr) != SQLITE_OK) store.fail("read");
  }
  ~Statement() { sqlite3_finalize(handle_); }

  void bind(int index, std::string_view text) {
    sqlite3_bind_text(handle_, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  void bind(int index, std::uint64_t number) {
    sqlite3_bind_int64(handle_, index, static_cast<sqlite3_int64>(number));
  }
  void reset() { sqlite3_reset(handle_); }
  bool step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) store_.fail("use");
    return false;
  }
  std::string_view text(int column) const {
    const unsigned char* bytes = sqlite3_column_text(handle_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(reinterpret_cast<const char*>(bytes), size);
  }
  std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(handle_, column));
  }

 private:
  StateStore& store_;
  sqlite3_stmt* handle_ = nullptr;
};

// Rolls back unless committed.
class StateStore::Transaction {
 public:
  Transaction(StateStore& store, const char* begin) : store_(store) { store.execute(begin); }
  ~Transaction() {
    if (store_.database_ != nullptr && !committed_) {
      sqlite3_exec(store_.database_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }
  void commit() {
    store_.execute("COMMIT");
    committed_ = true;
  }

 private:
  StateStore& store_;
  bool committed_ = false;
};

StateStore::StateStore(std::string folder) : folder_(std::move(folder)), path_(folder_ + "/state.db") {}

StateStore::~StateStore() {
  sqlite3_close(database_);
}

void StateStore::fail(const char* action) {
  const int code = database_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database_);
  if (is_damage(code)) throw Damaged();
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format("cannot {} the project's state in {}: {}", action, base::printable_path(path_),
                  code == SQLITE_NOMEM ? "out of memory" : sqlite3_errmsg(database_)));
}

void StateStore::execute(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("use");
}

void StateStore::close() {
  sqlite3_close(database_);
  database_ = nullptr;
}

void StateStore::set_aside() {
  close();
  damaged_ = path_ + ".damaged";
  ::rename(path_.c_str(), damaged_.c_str());
  // SQLite would apply them to the new file.
  ::unlink((path_ + "-wal").c_str());
  ::unlink((path_ + "-shm").c_str());
}

// Calls `body` with the mutex held; once more, on a new file, where the old one turns out to be damaged.
template <typename Body>
auto StateStore::guarded(Body body) {
  std::lock_guard lock(mutex_);
  try {
    return body();
  } catch (const Damaged&) {
    set_aside();
  }
  return body();
}

bool StateStore::open(bool create) {
  if (database_ != nullptr) return true;
  struct stat info;
  if (!create && ::stat(path_.c_str(), &info) != 0) return false;
  if (create) files::make_directories(folder_, 0755);
  // Whoever owns the project has a say in what its tasks do anyhow.
  struct stat project = {};
  ::stat((folder_ + "/..").c_str(), &project);
  files::warn_if_untrusted(folder_, {project.st_uid});
  files::warn_if_untrusted(path_, {project.st_uid});
  try {
    open_file(create);
  } catch (const base::Error&) {
    close();
    throw;
  }
  return true;
}

void StateStore::open_file(bool create) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(path_.c_str(), &database_, flags, nullptr) != SQLITE_OK) fail("open");
  sqlite3_busy_timeout(database_, 30'000);
  sqlite3_exec(database_, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", nullptr, nullptr, nullptr);
  int version = -1;
  auto read_version = [](void* out, int, char** values, char**) {
    *static_cast<int*>(out) = std::stoi(values[0]);
    return 0;
  };
  if (sqlite3_exec(database_, "PRAGMA user_version", read_version, &version, nullptr) != SQLITE_OK)
    fail("open");
  if (version > kSchema) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("the project's state in {} was written by a newer ix\nhint: use that one, "
                                  "or remove the file: every task then runs again",
                                  base::printable_path(path_)));
  }
  // Two processes may make it at once: each statement bears being run again.
  if (version < kSchema) {
    execute(
        "BEGIN IMMEDIATE;"
        "CREATE TABLE IF NOT EXISTS task(name TEXT PRIMARY KEY, run INTEGER NOT NULL, record TEXT NOT NULL,"
        " unfinished INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS detail(name TEXT PRIMARY KEY, details TEXT NOT NULL);"
        "CREATE TABLE IF NOT EXISTS counter(run INTEGER NOT NULL);"
        "INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);"
        "PRAGMA user_version=1;"
        "COMMIT;");
  }
}

std::optional<TaskRecord> StateStore::load(const std::string& task) {
  auto found = load_many({task});
  if (found.empty()) return std::nullopt;
  return std::move(found.begin()->second);
}

std::unordered_map<std::string, TaskRecord> StateStore::load_many(const std::vector<std::string>& tasks) {
  return guarded([&] {
    std::unordered_map<std::string, TaskRecord> records;
    if (!open(false)) return records;
    Transaction transaction(*this, "BEGIN");  // one look at the file for all
    Statement select(*this, "SELECT run, record, unfinished FROM task WHERE name = ?");
    for (const auto& task : tasks) {
      select.bind(1, task);
      if (select.step()) {
        auto record = from_json(select.number(0), select.text(1));
        if (record) record->unfinished = select.number(2) != 0;
        if (record) records.emplace(task, std::move(*record));
      }
      select.reset();
    }
    return records;
  });
}

void StateStore::begin(const std::string& task) {
  guarded([&] {
    // Nothing has ever been recorded: nothing is to be marked.
    if (!open(false)) return;
    Statement update(*this, "UPDATE task SET unfinished = 1 WHERE name = ?");
    update.bind(1, task);
    update.step();
  });
}

void StateStore::save(const std::string& task, TaskRecord& record, const base::Json& details) {
  guarded([&] {
    open(true);
    record.finished_at = std::time(nullptr);
    Transaction transaction(*this, "BEGIN IMMEDIATE");
    {
      Statement next(*this, "UPDATE counter SET run = run + 1 RETURNING run");
      if (!next.step()) fail("use");
      record.run = next.number(0);
    }
    Statement insert(*this, "INSERT OR REPLACE INTO task(name, run, record) VALUES(?, ?, ?)");
    insert.bind(1, task);
    insert.bind(2, record.run);
    insert.bind(3, base::canonical_json(to_json(record)));
    insert.step();
    Statement listing(*this, "INSERT OR REPLACE INTO detail(name, details) VALUES(?, ?)");
    listing.bind(1, task);
    listing.bind(2, base::canonical_json(details));
    listing.step();
    insert.reset();
    listing.reset();
    transaction.commit();
  });
}

base::Json StateStore::load_details(const std::string& task) {
  return guarded([&] {
    base::Json details = base::Json::object();
    if (!open(false)) return details;
    Statement select(*this, "SELECT details FROM detail WHERE name = ?");
    select.bind(1, task);
    if (!select.step()) return details;
    base::Json stored = base::Json::parse(select.text(0), nullptr, false);
    return stored.is_object() ? stored : details;
  });
}

std::string StateStore::damaged() {
  std::lock_guard lock(mutex_);
  return damaged_;
}

}  // namespace ixian::task
