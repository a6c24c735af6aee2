// Reading 20,000 files to learn that none has changed takes seconds, asking stat() for them takes
// milliseconds. stat() proves less than it seems to: file systems stamp with a coarse clock, so a file
// written twice within one tick (up to 2 s on some) can hold other content under the very same stamps, and
// mtime can be set to anything. Hence ctime is part of the key, which no program can set, and a digest is
// stored only when both stamps lay well before the reading began: any later write then gets a later ctime. A
// file just written is read again until it has settled.
//
// The file is a header of 32 bytes (magic, version, size of a record, count, checksum) and the records as
// they are in memory, in no order. It is for this machine only. One that cannot be read is passed over, and
// the files are hashed again.
//
// Most look-ups hit what was loaded, which does not change any more and so needs no lock.
#include "files/stat_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "files/fs.h"

namespace ixian::files {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::array<char, 8> kMagic = {'i', 'x', '-', 's', 't', 'a', 't', '\n'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kMaxRecords = 50'000'000;  // 4 GB

std::int64_t to_ns(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * kNsPerSecond + time.tv_nsec;
}

// Spreads every bit of the key over every bit of the result (the finish of MurmurHash3).
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdu;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53u;
  return value ^ (value >> 33);
}

bool read_fully(int fd, void* to, std::size_t size, off_t offset) {
  auto* bytes = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = ::pread(fd, bytes, size, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes += got;
    offset += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_fully(int fd, const void* from, std::size_t size) {
  const auto* bytes = static_cast<const char*>(from);
  while (size > 0) {
    const ssize_t put = ::write(fd, bytes, size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

struct StatCache::Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t record_size = sizeof(Record);
  std::uint64_t records = 0;
  std::uint64_t checksum = 0;
};

std::int64_t CacheClock::system_now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return to_ns(now);
}

std::int64_t mtime_ns(const struct stat& status) {
  return to_ns(status.st_mtim);
}
std::int64_t ctime_ns(const struct stat& status) {
  return to_ns(status.st_ctim);
}

bool StatCache::Record::describes(const struct stat& status) const {
  return size == status.st_size && mtime_ns == files::mtime_ns(status) && ctime_ns == files::ctime_ns(status);
}

void StatCache::Table::adopt(std::vector<Record> records) {
  records_ = std::move(records);
  index_all();
}

void StatCache::Table::put(const Record& record) {
  const std::size_t position = find(record.device, record.inode);
  if (position != kNone) {
    records_[position] = record;
    return;
  }
  records_.push_back(record);
  if (records_.size() * 2 > slots_.size()) {
    index_all();
  } else {
    index(records_.size() - 1);
  }
}

std::size_t StatCache::Table::find(std::uint64_t device, std::uint64_t inode) const {
  if (slots_.empty()) return kNone;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = mix(inode ^ mix(device)) & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const Record& record = records_[slots_[slot] - 1];
    if (record.inode == inode && record.device == device) return slots_[slot] - 1;
  }
  return kNone;
}

void StatCache::Table::index_all() {
  slots_.assign(std::bit_ceil(records_.size() * 4 + 64), 0);
  for (std::size_t position = 0; position < records_.size(); ++position) index(position);
}

void StatCache::Table::index(std::size_t position) {
  const std::size_t mask = slots_.size() - 1;
  const Record& record = records_[position];
  std::size_t slot = mix(record.inode ^ mix(record.device)) & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = static_cast<std::uint32_t>(position + 1);
}

StatCache::StatCache(std::string path, CacheClock clock) : path_(std::move(path)), clock_(clock) {}

bool StatCache::find(const struct stat& status, base::Sha256Bytes& digest) {
  std::call_once(loaded_once_, [this] { load(); });
  const std::size_t position = loaded_.find(status.st_dev, status.st_ino);
  if (position != Table::kNone && loaded_.records()[position].describes(status)) {
    // Looked at first: writing would take the cache line from other threads.
    std::atomic<bool>& used = used_[position];
    if (!used.load(std::memory_order_relaxed)) used.store(true, std::memory_order_relaxed);
    digest = loaded_.records()[position].digest;
    return true;
  }
  if (!any_fresh_.load(std::memory_order_relaxed)) return false;
  std::lock_guard lock(mutex_);
  const std::size_t fresh = fresh_.find(status.st_dev, status.st_ino);
  if (fresh == Table::kNone || !fresh_.records()[fresh].describes(status)) return false;
  digest = fresh_.records()[fresh].digest;
  return true;
}

void StatCache::store(const struct stat& status, std::int64_t read_began_ns,
                      const base::Sha256Bytes& digest) {
  const std::int64_t settled = read_began_ns - clock_.settled_ns;
  if (mtime_ns(status) >= settled || ctime_ns(status) >= settled) return;
  Record record;
  record.device = status.st_dev;
  record.inode = status.st_ino;
  record.size = status.st_size;
  record.mtime_ns = mtime_ns(status);
  record.ctime_ns = ctime_ns(status);
  record.digest = digest;
  record.last_used_day = today();
  std::lock_guard lock(mutex_);
  fresh_.put(record);
  any_fresh_.store(true, std::memory_order_relaxed);
  unsaved_ = true;
}

bool StatCache::save() {
  std::call_once(loaded_once_, [this] { load(); });
  std::lock_guard lock(mutex_);
  if (!worth_saving()) return true;
  if (!write(records_to_save())) return false;
  unsaved_ = false;
  for (std::size_t i = 0; i < loaded_.records().size(); ++i) {
    if (used_[i].load(std::memory_order_relaxed)) loaded_.records()[i].last_used_day = today();
  }
  return true;
}

void StatCache::load() {
  UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  Header header;
  if (!read_fully(fd.get(), &header, sizeof(header), 0)) return;
  if (header.magic != kMagic || header.version != kVersion || header.record_size != sizeof(Record) ||
      header.records > kMaxRecords ||
      static_cast<std::uint64_t>(status.st_size) != sizeof(header) + header.records * sizeof(Record)) {
    return;
  }
  std::vector<Record> records(header.records);
  if (!read_fully(fd.get(), records.data(), records.size() * sizeof(Record), sizeof(header)) ||
      checksum(records) != header.checksum) {
    return;
  }
  used_ = std::make_unique<std::atomic<bool>[]>(records.size());
  loaded_.adopt(std::move(records));
}

std::uint32_t StatCache::today() const {
  return static_cast<std::uint32_t>(clock_.now_ns() / kNsPerSecond / kSecondsPerDay);
}

bool StatCache::worth_saving() const {
  if (unsaved_) return true;
  const std::uint32_t now = today();
  for (std::size_t i = 0; i < loaded_.records().size(); ++i) {
    if (used_[i].load(std::memory_order_relaxed) &&
        loaded_.records()[i].last_used_day + kCacheRefreshDays < now) {
      return true;
    }
  }
  return false;
}

std::vector<StatCache::Record> StatCache::records_to_save() const {
  const std::uint32_t now = today();
  std::vector<Record> records = fresh_.records();
  for (std::size_t i = 0; i < loaded_.records().size(); ++i) {
    Record record = loaded_.records()[i];
    if (fresh_.find(record.device, record.inode) != Table::kNone) continue;
    if (used_[i].load(std::memory_order_relaxed) || record.last_used_day > now) {
      record.last_used_day = now;
    }
    if (record.last_used_day + kCacheKeepDays >= now) records.push_back(record);
  }
  return records;
}

bool StatCache::write(const std::vector<Record>& records) const {
  const std::size_t slash = path_.rfind('/');
  std::string temporary = path_ + ".XXXXXX";
  try {
    if (slash != std::string::npos && slash > 0) make_directories(path_.substr(0, slash));
  } catch (const base::Error&) {
    return false;
  }
  UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return false;
  Header header;
  header.records = records.size();
  header.checksum = checksum(records);
  if (write_fully(fd.get(), &header, sizeof(header)) &&
      write_fully(fd.get(), records.data(), records.size() * sizeof(Record)) &&
      ::rename(temporary.c_str(), path_.c_str()) == 0) {
    return true;
  }
  ::unlink(temporary.c_str());
  return false;
}

// Four independent lanes, so that the processor multiplies them side by side. It guards against
// accidents only: whoever can write the cache can write a wrong digest into it.
std::uint64_t StatCache::checksum(const std::vector<Record>& records) {
  static_assert(std::has_unique_object_representations_v<Record> && sizeof(Record) % 16 == 0);
  constexpr std::uint64_t kPrime = 0x9e3779b185ebca87u;
  std::array<std::uint64_t, 4> lanes = {records.size(), 1, 2, 3};
  for (const Record& record : records) {
    std::array<std::uint64_t, sizeof(Record) / 8> words;
    std::memcpy(words.data(), &record, sizeof(record));
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::uint64_t& lane = lanes[i % 4];
      lane = std::rotl(lane ^ words[i], 29) * kPrime;
    }
  }
  return mix(lanes[0] ^ mix(lanes[1] ^ mix(lanes[2] ^ mix(lanes[3]))));
}

}  // namespace ixian::files
