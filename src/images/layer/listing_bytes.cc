// The stored form of a listing. Numbers are in base 128 with the lowest digits first, differences are folded
// (0, -1, 1, -2 … as 0, 1, 2, 3 …):
//
//   "ixian layer listing 2\n"
//   the number of entries
//   each entry, in the order of listing_order.h:
//     type                   one of "fdlhcbpwo" (EntryType)
//     shared                 how many bytes its path has in common with the one before
//     size, bytes            the rest of its path
//     mode, uid, gid, size
//     mtime                  less that of the entry before, folded
//     size, bytes            where a link leads
//     offset                 in the tar, less that of the entry before, folded
//     major, minor           of devices only
//   CRC-32 of all before     4 bytes, lowest first
//
// Equal listings have equal bytes: there is one form for each number, paths share all that they can, and the
// order is fixed. What is read may come from a registry or be what a loss of power has left, so all of it is
// checked once, before anybody looks something up.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "compression/packer.h"
#include "layer/confined.h"
#include "layer/listing.h"
#include "layer/listing_parts.h"

namespace ixian::layer {
namespace {

constexpr std::string_view kVersion = "ixian layer listing 2\n";
constexpr std::size_t kCheck = 4;  // bytes of a CRC-32 over all before it, at the end
constexpr std::size_t kMostNumber = 10;
constexpr std::uint64_t kPiece = 64 << 10;

std::string check_of(std::uint32_t crc) {
  std::string check;
  for (std::size_t i = 0; i < kCheck; ++i, crc >>= 8) check += static_cast<char>(crc & 0xff);
  return check;
}

void each_piece(const Spool& bytes, std::uint64_t size,
                const std::function<void(std::string_view)>& on_piece) {
  std::string buffer;
  for (std::uint64_t at = 0; at < size; at += kPiece)
    on_piece(bytes.read(at, static_cast<std::size_t>(std::min(kPiece, size - at)), buffer));
}

std::uint32_t add_crc(std::uint32_t crc, std::string_view bytes) {
  return compression::gzip_crc(crc, bytes.data(), bytes.size());
}

}  // namespace

// Checks stored bytes, and notes what ListingParts holds besides them.
class ListingParser {
 public:
  static LayerListing parse(Spool bytes) {
    const std::uint64_t size = bytes.size();
    std::string buffer;
    const auto start_size =
        static_cast<std::size_t>(std::min<std::uint64_t>(size, kVersion.size() + kMostNumber));
    const std::string start(bytes.read(0, start_size, buffer));
    if (!start.starts_with(kVersion))
      throw std::invalid_argument("unknown version of a file listing of a layer");
    // A file of these bytes is not synced: a loss of power can leave parts of it.
    if (size < kVersion.size() + kCheck) NumberReader::fail();
    std::uint32_t crc = 0;
    each_piece(bytes, size - kCheck, [&](std::string_view piece) { crc = add_crc(crc, piece); });
    if (bytes.read(size - kCheck, kCheck, buffer) != check_of(crc)) NumberReader::fail();

    NumberReader number(std::string_view(start).substr(
        kVersion.size(),
        static_cast<std::size_t>(std::min<std::uint64_t>(kMostNumber, size - kCheck - kVersion.size()))));
    const std::size_t before = number.left();
    const std::uint64_t count = number.number();
    const std::uint64_t entries_at = kVersion.size() + before - number.left();
    const std::uint64_t entries_size = size - kCheck - entries_at;
    if (count > entries_size / kLeastEntry) NumberReader::fail();
    if (count == 0 && entries_size != 0) NumberReader::fail();
    if (count == 0) return {};
    auto parts = std::make_shared<ListingParts>();
    parts->body = std::move(bytes).part(entries_at, entries_size);
    check_entries(*parts, count);
    return LayerListing(std::move(parts));
  }

 private:
  static void check_entries(ListingParts& parts, std::uint64_t count) {
    ListingIndex index(parts);
    HiddenEntryFinder hidden;
    ListedEntry last;
    ListedEntry entry;
    std::string buffer;
    std::string_view window;
    const std::uint64_t size = parts.body.size();
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (window.size() < kMostEntry && at + window.size() < size)
        window = parts.body.read(at, static_cast<std::size_t>(std::min(kPiece, size - at)), buffer);
      NumberReader reader(window);
      last = entry;
      read_entry(reader, entry);
      if ((i > 0 && entry_order(last, entry) >= 0) || hidden.covers(entry)) NumberReader::fail();
      hidden.pass(entry);
      index.note(entry, at, last.mtime, last.offset);
      at += window.size() - reader.left();
      window.remove_prefix(window.size() - reader.left());
    }
    if (at != size) NumberReader::fail();
    index.finish();
  }
};

std::string listing_check(std::string_view bytes) {
  return check_of(add_crc(0, bytes));
}

void LayerListing::write(files::ByteSink& sink) const {
  std::string start(kVersion);
  put_number(start, size());
  std::uint32_t crc = add_crc(0, start);
  sink.write(start);
  if (parts_) {
    each_piece(parts_->body, parts_->body.size(), [&](std::string_view piece) {
      crc = add_crc(crc, piece);
      sink.write(piece);
    });
  }
  sink.write(check_of(crc));
}

std::string LayerListing::serialise() const {
  std::string bytes;
  files::TextSink sink(bytes);
  write(sink);
  return bytes;
}

LayerListing LayerListing::parse(std::string_view bytes) {
  Spool held;
  held.append(bytes);
  return ListingParser::parse(std::move(held));
}

LayerListing LayerListing::parse(files::UniqueFd file) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) file_error("read", "the listing of a layer", errno);
  return ListingParser::parse(Spool(std::move(file), 0, static_cast<std::uint64_t>(status.st_size)));
}

}  // namespace ixian::layer
