// Remembers the digest of a file's content under what stat() says of the file.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/sha256.h"

namespace ixian::files {

// What time it is, and how old a time stamp must be to prove anything. Replaced in tests only.
struct CacheClock {
  std::int64_t (*now_ns)();  // since 1970; the clock that stamps files
  std::int64_t settled_ns = 2'000'000'000;

  static std::int64_t system_now_ns();
};

inline constexpr CacheClock kSystemClock{&CacheClock::system_now_ns};

// A record that no run has asked for is kept this many days; one that is asked for is stamped
// anew, which takes a rewrite of the file, when its stamp is older than the other number.
inline constexpr std::uint32_t kCacheKeepDays = 14;
inline constexpr std::uint32_t kCacheRefreshDays = 3;

// Nanoseconds since 1970.
std::int64_t mtime_ns(const struct stat& status);
std::int64_t ctime_ns(const struct stat& status);

// (device, inode, size, mtime, ctime) → SHA-256, in memory and in one file. Any thread may call
// anything. The file is read at the first find(); one that is missing, torn, damaged or of
// another version is an empty cache. Two processes may save at once: the last one wins.
class StatCache {
 public:
  explicit StatCache(std::string path, CacheClock clock = kSystemClock);
  StatCache(const StatCache&) = delete;
  StatCache& operator=(const StatCache&) = delete;

  bool find(const struct stat& status, base::Sha256Bytes& digest);

  // `status` was true of the file before and after it was read, `read_began_ns` is now_ns() from
  // before the first byte. Stores nothing where the file's stamps were not settled by then.
  void store(const struct stat& status, std::int64_t read_began_ns, const base::Sha256Bytes& digest);

  std::int64_t now_ns() const { return clock_.now_ns(); }

  // Writes the file if that would change anything worth a write, as one step but not synced: a
  // cache may be lost. False where it could not be written, which costs time later and no more.
  bool save();

 private:
  struct Record {  // as it lies in the file
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    base::Sha256Bytes digest{};
    std::uint32_t last_used_day = 0;
    std::uint32_t unused = 0;

    bool describes(const struct stat& status) const;
  };
  struct Header;

  // At most one record for each file: a changed file never gets its old stamps back.
  class Table {
   public:
    void adopt(std::vector<Record> records);
    void put(const Record& record);
    std::size_t find(std::uint64_t device, std::uint64_t inode) const;  // kNone if absent
    std::vector<Record>& records() { return records_; }
    const std::vector<Record>& records() const { return records_; }

    static constexpr std::size_t kNone = SIZE_MAX;

   private:
    void index_all();
    void index(std::size_t position);

    std::vector<Record> records_;
    std::vector<std::uint32_t> slots_;  // position + 1, 0 is free; a power of two, half empty
  };

  void load();
  std::uint32_t today() const;
  bool worth_saving() const;
  std::vector<Record> records_to_save() const;
  bool write(const std::vector<Record>& records) const;
  static std::uint64_t checksum(const std::vector<Record>& records);

  const std::string path_;
  const CacheClock clock_;
  std::once_flag loaded_once_;
  Table loaded_;                               // not changed after load(), but for the stamps
  std::unique_ptr<std::atomic<bool>[]> used_;  // for each of loaded_: found in this process
  mutable std::mutex mutex_;                   // guards what follows, and the stamps of loaded_
  Table fresh_;                                // stored in this process; hides loaded_
  std::atomic<bool> any_fresh_ = false;
  bool unsaved_ = false;
};

}  // namespace ixian::files
