// A cursor goes to a block, whose first path is known by itself, and on from there, entry by entry, as each
// says only what differs from the one before. A long listing is in a file; then a window of it is in memory.
#include <stdexcept>

#include "base/error.h"
#include "layer/listing.h"
#include "layer/listing_parts.h"

namespace ixian::layer {
namespace {

constexpr std::uint64_t kWindow = 16 << 10;  // that is read of a file at once
static_assert(kWindow > kMostEntry);

}  // namespace

LayerListing::Cursor::Cursor(const LayerListing& listing) : all_(listing.parts_) {
  if (all_) go_to(0);
}

void LayerListing::Cursor::go_to(std::size_t block) {
  parts_ = all_.get();
  const ListingParts::Block& start = parts_->blocks[block];
  entry_.path = parts_->key(block, buffer_);
  entry_.mtime = start.mtime;
  entry_.offset = start.offset;
  at_ = start.at;
  // What a look-up needs.
  load(block + 1 < parts_->blocks.size() ? parts_->blocks[block + 1].at : parts_->body.size());
  decode(true);
}

void LayerListing::Cursor::load(std::uint64_t end) {
  if (parts_->body.in_memory()) return;
  const auto size = static_cast<std::size_t>(end - at_);
  const std::string_view bytes = parts_->body.read(at_, size, buffer_);
  if (bytes.data() != buffer_.data()) buffer_ = bytes;
  used_ = 0;
}

std::string_view LayerListing::Cursor::window() const {
  if (parts_->body.in_memory()) return parts_->body.read_in_memory(at_);
  return std::string_view(buffer_).substr(used_);
}

void LayerListing::Cursor::decode(bool path_is_known) {
  try {
    const std::string_view bytes = window();
    NumberReader reader(bytes);
    if (path_is_known) {
      read_entry_of_path(reader, entry_);
    } else {
      read_entry(reader, entry_);
    }
    at_ += bytes.size() - reader.left();
    used_ += bytes.size() - reader.left();
  } catch (const std::invalid_argument&) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      "the file listing of a layer changed while it was read\nhint: run it again when "
                      "nothing writes to the store");
  }
}

void LayerListing::Cursor::next() {
  const std::uint64_t size = parts_->body.size();
  if (at_ == size) {
    parts_ = nullptr;
    return;
  }
  const std::size_t left = window().size();
  // An entry may go on where the bytes end, unless a block does.
  if (left == 0 || (left < kMostEntry && at_ + left < size))
    load(size - at_ < kWindow ? size : at_ + kWindow);
  decode(false);
}

template <typename Before>
void LayerListing::Cursor::seek_first(Before before) {
  if (!all_) return;
  go_to(all_->find_block(before));
  while (!at_end() && before(entry_.path)) next();
}

void LayerListing::Cursor::seek(std::string_view path) {
  seek_first([path](std::string_view each) { return path_order(each, path) < 0; });
}

void LayerListing::Cursor::seek_behind(std::string_view path) {
  const auto before = [path](std::string_view each) {
    return path_order(each, path) <= 0 || is_below(each, path);
  };
  // It is mostly near.
  for (std::uint64_t i = 0; i < ListingParts::kBlock; ++i, next()) {
    if (at_end() || !before(entry_.path)) return;
  }
  seek_first(before);
}

}  // namespace ixian::layer
