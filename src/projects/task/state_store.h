// What a project remembers of its tasks: the state after each one's last success.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"

struct sqlite3;

namespace ixian::task {

struct TaskRecord {
  std::uint64_t run = 0;         // counts the successes of the project: a later one has a larger number
  std::int64_t finished_at = 0;  // Unix time, seconds
  bool unfinished = false;       // the task has been started since, and has not succeeded
  base::Json checks = base::Json::object();      // checker id → its state
  std::map<std::string, std::uint64_t> depends;  // direct dependency → its `run` then
  std::vector<std::string> args;
};

// An SQLite database, `state.db` in the builder folder; made with the first save, so that merely asking
// leaves nothing behind. May be used by several threads and by several processes at once. A save happens
// entirely or not at all, also under kill -9. A file that is damaged is set aside and reported through
// `damaged()`: its tasks run again. Errors are Error{kTaskFailed}.
class StateStore {
 public:
  explicit StateStore(std::string folder);
  ~StateStore();

  std::optional<TaskRecord> load(const std::string& task);
  std::unordered_map<std::string, TaskRecord> load_many(const std::vector<std::string>& tasks);

  // The task is about to run: until the next save its record is unfinished. Does nothing where there is no
  // record.
  void begin(const std::string& task);

  // Sets record.run, and replaces what was there. `details` (checker id → name → fingerprint) is kept for
  // telling what changed.
  void save(const std::string& task, TaskRecord& record, const base::Json& details);

  base::Json load_details(const std::string& task);  // an empty object where there are none

  // Where a damaged database was moved to, "" if none was.
  std::string damaged();

 private:
  class Statement;
  class Transaction;
  struct Damaged {};

  template <typename Body>
  auto guarded(Body body);
  bool open(bool create);  // false where there is no file and none is to be made
  void open_file(bool create);
  void close();
  void set_aside();
  void execute(const char* sql);
  [[noreturn]] void fail(const char* action);

  const std::string folder_;
  const std::string path_;
  // Held by each call; guards both below.
  std::mutex mutex_;
  sqlite3* database_ = nullptr;
  std::string damaged_;
};

}  // namespace ixian::task
