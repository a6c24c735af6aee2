// One entry as bytes (their order is in listing_bytes.cc). What is read may be anybody's, so each number has
// a bound, and only one spelling.
#include "layer/listing_codec.h"

#include <stdexcept>

#include "layer/listing_order.h"

namespace ixian::layer {
namespace {

constexpr std::string_view kTypes = "fdlhcbpwo";

// Differences, which wrap, in a form in which small ones are short whatever their sign.
std::uint64_t folded(std::uint64_t difference) {
  return (difference << 1) ^ (std::uint64_t{0} - (difference >> 63));
}

std::uint64_t unfolded(std::uint64_t number) {
  return (number >> 1) ^ (std::uint64_t{0} - (number & 1));
}

bool is_device(EntryType type) {
  return type == EntryType::kCharacterDevice || type == EntryType::kBlockDevice;
}

EntryType read_type(NumberReader& reader) {
  const auto type = reader.text(1);
  if (kTypes.find(type) == std::string_view::npos) NumberReader::fail();
  return static_cast<EntryType>(type[0]);
}

// What comes behind the path.
void read_rest(NumberReader& reader, ListedEntry& entry) {
  constexpr std::uint32_t kMaxId = std::numeric_limits<std::uint32_t>::max();
  entry.mode = reader.small(07777);
  entry.uid = reader.small(kMaxId);
  entry.gid = reader.small(kMaxId);
  entry.size = reader.number();
  entry.mtime =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(entry.mtime) + unfolded(reader.number()));
  entry.link = reader.text(reader.number(compression::kMaxName));
  entry.offset += unfolded(reader.number());
  entry.device_major = is_device(entry.type) ? reader.small(kMaxId) : 0;
  entry.device_minor = is_device(entry.type) ? reader.small(kMaxId) : 0;
}

}  // namespace

void put_number(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(0x80 | (number & 0x7f));
  bytes += static_cast<char>(number);
}

std::uint64_t NumberReader::number(std::uint64_t max) {
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

std::string_view NumberReader::text(std::uint64_t size) {
  if (size > rest_.size()) fail();
  const std::string_view text = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(text.size());
  return text;
}

void NumberReader::fail() {
  throw std::invalid_argument("the file listing of a layer is damaged");
}

void put_entry(std::string& bytes, const ListedEntry& entry, const EntryBefore& before) {
  const std::size_t shared = common_length(entry.path, before.path);
  bytes += static_cast<char>(entry.type);
  put_number(bytes, shared);
  put_number(bytes, entry.path.size() - shared);
  bytes.append(entry.path, shared);
  put_number(bytes, entry.mode);
  put_number(bytes, entry.uid);
  put_number(bytes, entry.gid);
  put_number(bytes, entry.size);
  put_number(bytes,
             folded(static_cast<std::uint64_t>(entry.mtime) - static_cast<std::uint64_t>(before.mtime)));
  put_number(bytes, entry.link.size());
  bytes += entry.link;
  put_number(bytes, folded(entry.offset - before.offset));
  if (is_device(entry.type)) {
    put_number(bytes, entry.device_major);
    put_number(bytes, entry.device_minor);
  }
}

void read_entry(NumberReader& reader, ListedEntry& entry) {
  entry.type = read_type(reader);
  const auto shared = static_cast<std::size_t>(reader.number(entry.path.size()));
  const std::string_view own = reader.text(reader.number(compression::kMaxName));
  // They share all that they can, or their bytes would not be those of equal listings.
  if (shared < entry.path.size() && !own.empty() && own[0] == entry.path[shared]) NumberReader::fail();
  entry.path.resize(shared);
  entry.path += own;
  if (!is_listed_path(entry.path, shared)) NumberReader::fail();
  read_rest(reader, entry);
}

void read_entry_of_path(NumberReader& reader, ListedEntry& entry) {
  entry.type = read_type(reader);
  reader.number(compression::kMaxName);
  reader.text(reader.number(compression::kMaxName));
  read_rest(reader, entry);
}

}  // namespace ixian::layer
