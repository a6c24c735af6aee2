// What is in a layer: its paths, and what each is, without the content.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::layer {

enum class EntryType : char {
  kFile = 'f',
  kFolder = 'd',
  kSymlink = 'l',
  kHardLink = 'h',  // another name of what `link` is in this layer, or below
  kCharacterDevice = 'c',
  kBlockDevice = 'b',
  kFifo = 'p',
  kWhiteout = 'w',  // `path` of the layers below is gone (layer.md, "Whiteouts")
  kOpaque = 'o',    // what the layers below have in the folder `path` is gone
};

struct ListedEntry {
  // From the root on, without a slash at either end, "." or "..": "usr/bin/env". "" is the root itself. Of
  // whiteouts: what is removed, without ".wh.".
  std::string path;
  EntryType type = EntryType::kFile;
  std::uint32_t mode = 0;  // 07777 at most
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;          // of files: of their content
  std::int64_t mtime = 0;          // seconds since 1970
  std::string link;                // of symlinks: the target as it stands; of hard links: a path like `path`
  std::uint64_t offset = 0;        // of files: where the body starts in the layer's tar
  std::uint32_t device_major = 0;  // of devices
  std::uint32_t device_minor = 0;

  friend bool operator==(const ListedEntry&, const ListedEntry&) = default;
};

// The order of all lists of paths here: like the order of bytes, but a slash is less than anything, so that a
// folder is followed by all that is below it before its next neighbour comes.
bool path_less(std::string_view a, std::string_view b);

// What a listing says of one path.
struct Listed {
  const ListedEntry* thing = nullptr;  // neither whiteout nor opaque mark; null where there is none
  bool whiteout = false;
  bool opaque = false;
  // Some entry lies below it, whiteouts included; below "" lies everything but the root's own.
  bool below = false;
};

// A value. Reading is thread-safe.
class LayerListing {
 public:
  LayerListing() = default;
  // In any order; of several entries with one path and the same meaning (whiteout, opaque, thing) the last
  // counts, and a thing that is no folder loses what came before it below its path.
  explicit LayerListing(std::vector<ListedEntry> entries);

  // By path_less(); of one path the whiteout first, then the thing, then the opaque mark.
  const std::vector<ListedEntry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }

  // The folders that have no entry, but something in them, in order.
  std::vector<std::string> gaps() const;
  // How a mount shows some folder of an image cannot be told by the uppermost layer that has something there:
  // there are gaps, or whiteouts, or the root has an entry.
  bool depends_on_below() const;

  Listed at(std::string_view path) const;
  const ListedEntry* thing(std::string_view path) const { return at(path).thing; }

  // A compact form, the same bytes for equal listings, readable only by parse(). About 40 bytes an entry.
  std::string serialise() const;
  // Throws std::invalid_argument for what serialise() did not make, whatever it is, and for other versions.
  static LayerListing parse(std::string_view bytes);

  friend bool operator==(const LayerListing&, const LayerListing&) = default;

 private:
  // They are what the constructor would make of them.
  static bool in_order(const std::vector<ListedEntry>& entries);

  std::vector<ListedEntry> entries_;
};

// `name` as tar archives have it, as a path of a listing: leading and doubled slashes and "." go. Throws
// std::invalid_argument where there is a "..", a NUL, or more than 4096 bytes.
std::string listed_path(std::string_view name);

// It is what listed_path() makes of it. What is before the component that `from` is in is known to be.
bool is_listed_path(std::string_view path, std::size_t from);

// The end of a stored listing, by which damage is noticed: CRC-32 of all before it.
std::string listing_check(std::string_view bytes);

}  // namespace ixian::layer
