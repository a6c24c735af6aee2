// A blob is believed only once its digest is right, but is read as a stream, and read again from the middle
// where an upload is taken up anew. So the hash belongs to the blob and not to one reading: it goes on where
// it had stopped, whichever reading brings the next byte, and the last bytes are given out only if the whole
// is right.
#include "oci/verifying_source.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "oci/losses.h"

namespace ixian::oci {

// Whatever goes wrong while the bytes are read is a fault of where they lie.
template <typename Read>
auto VerifiedBlob::or_lost(const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const Lost&) {
    throw;
  } catch (const base::Error& error) {
    throw Lost(error, where_, blob_.digest.text());
  }
}

class VerifiedBlob::Source : public base::ByteSource {
 public:
  Source(VerifiedBlob& owner, std::unique_ptr<base::ByteSource> bytes, std::uint64_t at)
      : owner_(owner), bytes_(std::move(bytes)), at_(at) {}

  std::size_t read(char* buffer, std::size_t size) override {
    return owner_.or_lost([&]() -> std::size_t {
      const std::size_t count = bytes_->read(buffer, size);
      if (count == 0) {
        if (at_ < owner_.blob_.size) owner_.hash(at_, "");
        owner_.check_complete();
        return 0;
      }
      owner_.hash(at_, std::string_view(buffer, count));
      at_ += count;
      // The last bytes are not given away before they are known to be right.
      if (at_ == owner_.blob_.size) owner_.check_complete();
      return count;
    });
  }

 private:
  VerifiedBlob& owner_;
  std::unique_ptr<base::ByteSource> bytes_;
  std::uint64_t at_;
};

VerifiedBlob::VerifiedBlob(Descriptor blob, base::OpenSource open, std::string where,
                           std::function<void(std::uint64_t)> on_bytes)
    : blob_(std::move(blob)),
      open_(std::move(open)),
      where_(std::move(where)),
      on_bytes_(std::move(on_bytes)),
      digester_(blob_.digest.algorithm()) {}

std::unique_ptr<base::ByteSource> VerifiedBlob::open(std::uint64_t offset) {
  // A hash cannot be taken up behind a gap, so what has not been hashed yet is read over.
  const std::uint64_t from = std::min(offset, hashed_);
  auto source = std::make_unique<Source>(*this, or_lost([&] { return open_(from); }), from);
  std::array<char, 16 << 10> skipped;
  for (std::uint64_t at = from; at < offset;) {
    const std::size_t count =
        source->read(skipped.data(), std::min<std::uint64_t>(skipped.size(), offset - at));
    if (count == 0) break;
    at += count;
  }
  return source;
}

void VerifiedBlob::hash(std::uint64_t at, std::string_view data) {
  if (at + data.size() > blob_.size) {
    throw base::Error(base::ErrorCode::kRegistry,
                      blob_.digest.text() + " from " + where_ + " is longer than the " +
                          std::to_string(blob_.size) +
                          " bytes in its manifest; it was not used\nhint: push the image again");
  }
  // Read before, by another reading of the same blob.
  if (at + data.size() <= hashed_) return;
  data.remove_prefix(hashed_ - at);
  digester_.update(data);
  hashed_ += data.size();
  if (on_bytes_) on_bytes_(data.size());
}

void VerifiedBlob::check_complete() {
  if (complete_) return;
  if (hashed_ < blob_.size) {
    throw base::Error(base::ErrorCode::kRegistry,
                      blob_.digest.text() + " from " + where_ + ": connection closed early, after " +
                          std::to_string(hashed_) + " of " + std::to_string(blob_.size) +
                          " bytes; it was not used\nhint: try again, or push the image again");
  }
  const Digest found = digester_.finish();
  if (found != blob_.digest) {
    throw base::Error(
        base::ErrorCode::kRegistry,
        "digest mismatch: " + where_ + " as " + blob_.digest.text() +
            " is damaged and was not used\nhint: push the image again from where it is complete",
        "note: found " + found.text());
  }
  complete_ = true;
}

}  // namespace ixian::oci
