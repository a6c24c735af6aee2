// What is in a layer: its paths, and what each is, without the content.
//
// The front door of this room: layers, as the layer specification has them, without a file system. A blob is
// read (read_layer.h, layer_reader.h) and written (layer_writer.h); what is in it is known by its listing.
// The three types to know are LayerListing, LayerReader and MergedTree (merged_tree.h), which is an image
// seen through the listings of its layers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/byte_sink.h"
#include "files/fs.h"

namespace ixian::layer {

class Spool;
struct ListingParts;

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
struct PathState {
  std::optional<ListedEntry> thing;  // neither whiteout nor opaque mark
  bool whiteout = false;
  bool opaque = false;
  // Some entry lies below it, whiteouts included; below "" lies everything but the root's own.
  bool below = false;
};

// A value, cheap to copy. Reading is thread-safe.
//
// It is held as its bytes, of which those of a long listing are in a file without a name; a look-up searches
// through every sixteenth path and reads what is behind one. So in memory are 8 MiB at most, and 2 bytes an
// entry. Reading throws Error{kTaskFailed} where that file cannot be read.
class LayerListing {
 public:
  LayerListing() = default;
  // In any order; what ListingSorter makes of them.
  explicit LayerListing(const std::vector<ListedEntry>& entries);

  std::uint64_t size() const;
  bool empty() const { return size() == 0; }

  // Goes through the entries by path_less(); of one path the whiteout first, then the thing, then the opaque
  // mark.
  class Cursor {
   public:
    explicit Cursor(const LayerListing& listing);  // at the first
    Cursor(const LayerListing& listing, std::string_view path) : all_(listing.parts_) { seek(path); }

    bool at_end() const { return parts_ == nullptr; }
    const ListedEntry& entry() const { return entry_; }  // until the cursor moves
    void next();
    // To the first entry whose path is not before `path`, wherever that is: back, too.
    void seek(std::string_view path);
    // On to the first entry behind `path` and all that is below it.
    void seek_behind(std::string_view path);

   private:
    friend class LayerListing;
    template <typename Before>
    void seek_first(Before before);
    void go_to(std::size_t block);
    void load(std::uint64_t end);
    std::string_view window() const;
    void decode(bool path_is_known);

    std::shared_ptr<const ListingParts> all_;
    const ListingParts* parts_ = nullptr;  // null at the end
    ListedEntry entry_;
    std::uint64_t at_ = 0;  // of the next entry
    std::string buffer_;    // where the bytes are in a file: some, of which the next ones start at used_
    std::size_t used_ = 0;
  };

  class Entries;
  // For a range-based for; each entry counts until the next one comes.
  Entries entries() const;

  // Calls with each folder that has no entry, but something in it, in order.
  void each_gap(const std::function<void(const std::string& folder)>& on_gap) const;
  // Of one folder.
  bool is_gap(std::string_view path) const;
  // How a mount shows some folder of an image cannot be told by the uppermost layer that has something there:
  // there are gaps, or whiteouts, or the root has an entry.
  bool depends_on_below() const;

  PathState at(std::string_view path) const;
  std::optional<ListedEntry> thing(std::string_view path) const { return at(path).thing; }

  // A compact form, the same bytes for equal listings, readable only by parse(). About 40 bytes an entry.
  void write(files::ByteSink& sink) const;
  std::string serialise() const;
  // Throws std::invalid_argument for what write() did not make, whatever it is, and for other versions.
  static LayerListing parse(std::string_view bytes);
  // Of a file that nobody changes, from its start to its end; a long one is read anew whenever it is asked.
  static LayerListing parse(files::UniqueFd file);

  friend bool operator==(const LayerListing& a, const LayerListing& b);

 private:
  friend class ListingBuilder;
  friend class ListingParser;
  explicit LayerListing(std::shared_ptr<const ListingParts> parts) : parts_(std::move(parts)) {}

  std::shared_ptr<const ListingParts> parts_;  // null: empty
};

class LayerListing::Entries {
 public:
  explicit Entries(const LayerListing& listing) : listing_(listing) {}

  class Iterator {
   public:
    explicit Iterator(const LayerListing& listing) : cursor_(listing) {}
    const ListedEntry& operator*() const { return cursor_.entry(); }
    Iterator& operator++() {
      cursor_.next();
      return *this;
    }
    bool operator!=(std::default_sentinel_t) const { return !cursor_.at_end(); }

   private:
    Cursor cursor_;
  };
  Iterator begin() const { return Iterator(listing_); }
  std::default_sentinel_t end() const { return {}; }

 private:
  LayerListing listing_;
};

inline LayerListing::Entries LayerListing::entries() const {
  return Entries(*this);
}

// `name` as tar archives have it, as a path of a listing: leading and doubled slashes and "." go. Throws
// std::invalid_argument where there is a "..", a NUL, or more than 4096 bytes.
std::string listed_path(std::string_view name);

// It is what listed_path() makes of it. What is before the component that `from` is in is known to be.
bool is_listed_path(std::string_view path, std::size_t from);

// The end of a stored listing, by which damage is noticed: CRC-32 of all before it.
std::string listing_check(std::string_view bytes);

}  // namespace ixian::layer
