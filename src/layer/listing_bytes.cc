#include <algorithm>
#include <limits>
#include <stdexcept>

#include "layer/limits.h"
#include "layer/listing.h"
#include "layer/packer.h"

// The compact form: a line that names the version, the number of entries, then each entry as its type and its
// numbers, in base 128 with the lowest digits first (as in Protocol Buffers). Paths share a start with their
// predecessors, times and offsets are differences to them, so that most of these numbers take one byte.

namespace ixian::layer {
namespace {

constexpr std::string_view kVersion = "ixian layer listing 2\n";
constexpr std::size_t kCheck = 4;  // bytes of a CRC-32 over all before it, at the end
constexpr std::string_view kTypes = "fdlhcbpwo";
constexpr std::size_t kLeastEntry = 10;

void put(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(0x80 | (number & 0x7f));
  bytes += static_cast<char>(number);
}

// Differences, which wrap, in a form in which small ones are short whatever their sign.
std::uint64_t folded(std::uint64_t difference) {
  return (difference << 1) ^ (std::uint64_t{0} - (difference >> 63));
}

std::uint64_t unfolded(std::uint64_t number) {
  return (number >> 1) ^ (std::uint64_t{0} - (number & 1));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number(std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(text(1)[0]);
      const std::uint64_t digit = byte & 0x7f;
      if (shift == 63 && digit > 1) break;
      value |= digit << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) break;  // one form for each number
        if (value > max) break;
        return value;
      }
    }
    fail();
  }

  std::uint32_t small(std::uint32_t max) { return static_cast<std::uint32_t>(number(max)); }

  std::string_view text(std::uint64_t size) {
    if (size > rest_.size()) fail();
    const std::string_view text = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(text.size());
    return text;
  }

  std::size_t left() const { return rest_.size(); }

  [[noreturn]] static void fail() { throw std::invalid_argument("The listing of a layer is damaged."); }

 private:
  std::string_view rest_;
};

bool is_device(EntryType type) {
  return type == EntryType::kCharacterDevice || type == EntryType::kBlockDevice;
}

ListedEntry read_entry(Reader& reader, const ListedEntry& last) {
  constexpr std::uint32_t kMaxId = std::numeric_limits<std::uint32_t>::max();
  ListedEntry entry;
  const auto type = reader.text(1);
  if (kTypes.find(type) == std::string_view::npos) Reader::fail();
  entry.type = static_cast<EntryType>(type[0]);
  const std::uint64_t shared = reader.number(last.path.size());
  const std::string_view own = reader.text(reader.number(kMaxName));
  entry.path.reserve(static_cast<std::size_t>(shared) + own.size());
  entry.path.assign(last.path, 0, static_cast<std::size_t>(shared));
  entry.path += own;
  if (!is_listed_path(entry.path, static_cast<std::size_t>(shared))) Reader::fail();
  entry.mode = reader.small(07777);
  entry.uid = reader.small(kMaxId);
  entry.gid = reader.small(kMaxId);
  entry.size = reader.number();
  entry.mtime = static_cast<std::int64_t>(static_cast<std::uint64_t>(last.mtime) + unfolded(reader.number()));
  entry.link = reader.text(reader.number(kMaxName));
  entry.offset = last.offset + unfolded(reader.number());
  if (is_device(entry.type)) {
    entry.device_major = reader.small(kMaxId);
    entry.device_minor = reader.small(kMaxId);
  }
  return entry;
}

}  // namespace

std::string listing_check(std::string_view bytes) {
  std::uint32_t crc = gzip_crc(0, bytes.data(), bytes.size());
  std::string check;
  for (std::size_t i = 0; i < kCheck; ++i, crc >>= 8) check += static_cast<char>(crc & 0xff);
  return check;
}

std::string LayerListing::serialise() const {
  std::string bytes(kVersion);
  put(bytes, entries_.size());
  ListedEntry none;
  const ListedEntry* last = &none;
  for (const ListedEntry& entry : entries_) {
    const auto shared = static_cast<std::size_t>(
        std::mismatch(entry.path.begin(), entry.path.end(), last->path.begin(), last->path.end()).first -
        entry.path.begin());
    bytes += static_cast<char>(entry.type);
    put(bytes, shared);
    put(bytes, entry.path.size() - shared);
    bytes.append(entry.path, shared);
    put(bytes, entry.mode);
    put(bytes, entry.uid);
    put(bytes, entry.gid);
    put(bytes, entry.size);
    put(bytes, folded(static_cast<std::uint64_t>(entry.mtime) - static_cast<std::uint64_t>(last->mtime)));
    put(bytes, entry.link.size());
    bytes += entry.link;
    put(bytes, folded(entry.offset - last->offset));
    if (is_device(entry.type)) {
      put(bytes, entry.device_major);
      put(bytes, entry.device_minor);
    }
    last = &entry;
  }
  bytes += listing_check(bytes);
  return bytes;
}

LayerListing LayerListing::parse(std::string_view bytes) {
  if (!bytes.starts_with(kVersion)) {
    throw std::invalid_argument("The listing of a layer is of a version that is not known.");
  }
  // A file of these bytes is not synced: a loss of power can leave parts of it.
  if (bytes.size() < kVersion.size() + kCheck) Reader::fail();
  const std::string_view check = bytes.substr(bytes.size() - kCheck);
  bytes.remove_suffix(kCheck);
  if (check != listing_check(bytes)) Reader::fail();
  Reader reader(bytes.substr(kVersion.size()));
  const std::uint64_t count = reader.number();
  if (count > reader.left() / kLeastEntry) Reader::fail();
  std::vector<ListedEntry> entries;
  entries.reserve(static_cast<std::size_t>(count));
  const ListedEntry none;
  for (std::uint64_t i = 0; i < count; ++i) {
    entries.push_back(read_entry(reader, entries.empty() ? none : entries.back()));
  }
  if (reader.left() != 0) Reader::fail();
  if (!in_order(entries)) Reader::fail();
  LayerListing listing;
  listing.entries_ = std::move(entries);
  return listing;
}

}  // namespace ixian::layer
