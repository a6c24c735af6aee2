// SQLite as the store uses it: one connection, one transaction at a time, errors as sentences.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/cancel.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ixian::store {

// Thread-safe: transactions of several threads wait for each other, those of several processes too (for at
// most a minute, or until stopping is requested). Errors are Error{kRegistry}.
class Database {
 public:
  // Makes the file and its tables where they are missing, unless it `only_reads`: then it needs no right to
  // write, and writing is an error. `cancellation` outlives the database.
  Database(std::string path, base::Cancellation& cancellation, bool only_reads = false);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  bool only_reads() const { return only_reads_; }

  // To remove a row something must be written first, which a full disk does not allow. So a little room is
  // kept in a file, and given up by who is about to make more. Both never throw.
  void keep_reserve() const noexcept;
  void use_reserve() const noexcept;  // only where the disk is full, nearly

 private:
  friend class Transaction;
  friend class SqlStatement;
  void open();
  void open_file();
  void make_tables();
  void execute(const char* sql);
  void synchronise(bool full);
  sqlite3_stmt* prepared(const char* sql);
  void give_back(const char* sql, sqlite3_stmt* statement) noexcept;
  [[noreturn]] void fail();

  const std::string path_;
  base::Cancellation& cancellation_;
  const bool only_reads_;
  // Held by a Transaction for all its life; guards all below.
  std::mutex mutex_;
  sqlite3* handle_ = nullptr;
  int frames_ = 0;                                 // of the write-ahead log, after our last commit
  bool full_ = false;                              // what PRAGMA synchronous is
  std::map<const char*, sqlite3_stmt*> prepared_;  // those that nobody uses, by their literal
};

enum class TransactionMode {
  kRead,
  kWrite,    // survives the death of any process
  kDurable,  // survives a loss of power, together with all that was written before
};

// One prepared statement. Lives no longer than its transaction.
class SqlStatement {
 public:
  ~SqlStatement();
  SqlStatement(SqlStatement&& other) noexcept;
  SqlStatement& operator=(const SqlStatement&) = delete;

  bool step();  // true: there is a row
  std::string text(int column) const;
  std::int64_t number(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;
  friend class Transaction;
  SqlStatement(Database& database, const char* sql);
  void bind(int index, std::string_view text);
  void bind(int index, std::int64_t number);

  Database& database_;
  const char* sql_;
  sqlite3_stmt* handle_ = nullptr;
};

// Holds the database from construction to destruction, a writing one for all processes: keep it short. Rolls
// back unless committed.
class Transaction {
 public:
  Transaction(Database& database, TransactionMode access);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // `sql` is a literal. Arguments are texts and std::int64_t, for ?1, ?2, …
  template <typename... Args>
  SqlStatement query(const char* sql, const Args&... args) {
    SqlStatement statement(database_, sql);
    int index = 0;
    (statement.bind(++index, args), ...);
    return statement;
  }
  template <typename... Args>
  void run(const char* sql, const Args&... args) {
    SqlStatement statement(database_, sql);
    int index = 0;
    (statement.bind(++index, args), ...);
    while (statement.step()) {
    }
  }
  int changes() const;  // rows that the last run() changed

  void commit();

 private:
  Database& database_;
  std::unique_lock<std::mutex> lock_;
  bool open_ = true;
};

}  // namespace ixian::store
