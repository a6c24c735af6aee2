// A blob's length is known before it comes, so that each thread takes a place at the end of the file, and
// fills it while others fill theirs: no byte waits for another blob. Then the blobs lie in the order in which
// threads came, which is never twice the same, and the place of a blob that failed is a hole. So the last
// step puts them into an order that depends on nothing but themselves: largest first, as they are mostly
// copied, and manifests last. Where they lie in that order already, as after copying with one thread, it has
// nothing to do; otherwise the kernel copies them into a second file (copy_file_range(2)).
#include "layout/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "base/error.h"
#include "layout/file_io.h"
#include "tar/writer.h"

namespace ixian::layout {
namespace {

constexpr std::size_t kSpoolBuffer = 256 << 10;
constexpr std::uint64_t kLargestBlob = std::uint64_t{1} << 50;  // so that places cannot overflow
constexpr const char* kPrefix = ".ix-archive-";

std::string file_header(const std::string& name, std::uint64_t size) {
  tar::TarEntry entry;
  entry.name = name;
  entry.size = size;
  return tar::tar_header(entry);
}

std::string blob_header(const oci::Descriptor& blob) {
  return file_header(fmt::format("blobs/{}/{}", blob.digest.algorithm(), blob.digest.hex()), blob.size);
}

std::string member(const std::string& name, const std::string& content) {
  return file_header(name, content.size()) + content + std::string(tar::tar_padding(content.size()), '\0');
}

// What every archive starts with.
std::string start_of_archive() {
  std::string bytes = member("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  for (const char* name : {"blobs/", "blobs/sha256/"}) {
    tar::TarEntry folder;
    folder.name = name;
    folder.type = tar::TarType::kFolder;
    folder.mode = 0755;
    bytes += tar::tar_header(folder);
  }
  return bytes;
}

void copy_by_hand(int from, off_t from_offset, int to, off_t to_offset, std::uint64_t length,
                  const std::string& path) {
  std::vector<char> buffer(kSpoolBuffer);
  while (length > 0) {
    const ssize_t got =
        ::pread(from, buffer.data(), std::min<std::uint64_t>(length, buffer.size()), from_offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) file_error("read", path, got < 0 ? errno : EIO);
    write_at(to, {buffer.data(), static_cast<std::size_t>(got)}, static_cast<std::uint64_t>(to_offset), path);
    from_offset += got;
    to_offset += got;
    length -= static_cast<std::uint64_t>(got);
  }
}

void copy_range(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset, std::uint64_t length,
                const std::string& path) {
  auto source = static_cast<off_t>(from_offset);
  auto target = static_cast<off_t>(to_offset);
  while (length > 0) {
    const ssize_t copied =
        ::copy_file_range(from, &source, to, &target, std::min<std::uint64_t>(length, 64 << 20), 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)) file_error("write", path, errno);
    if (copied <= 0) return copy_by_hand(from, source, to, target, length, path);
    length -= static_cast<std::uint64_t>(copied);
  }
}

}  // namespace

Spool::Spool(const std::string& file, base::Cancellation& cancellation)
    : file_(file), place_(file), cancellation_(cancellation) {
  reclaim_temporary_files(place_.folder(), kPrefix);
  spool_ = std::make_shared<TemporaryFile>(place_.folder(), kPrefix);
  const std::string start = start_of_archive();
  write_at(spool_->fd(), start, 0, spool_->path());
  end_ = start.size();
}

bool Spool::has(const oci::Descriptor& blob) {
  std::lock_guard lock(mutex_);
  const auto found = places_.find(blob.digest);
  return found != places_.end() && found->second.state == Place::kWhole &&
         found->second.blob.size == blob.size;
}

std::uint64_t Spool::take_place(const oci::Descriptor& blob, bool manifest) {
  if (blob.size > kLargestBlob) file_error("write", file_, EFBIG);
  std::unique_lock lock(mutex_);
  auto found = places_.find(blob.digest);
  // If that fails, its place is free for this one.
  while (found != places_.end() && found->second.state == Place::kWriting) {
    changed_.wait(lock);
    found = places_.find(blob.digest);
  }
  if (found != places_.end() && found->second.blob.size == blob.size) {
    found->second.manifest |= manifest;
    // No place is 0: the archive begins with its marker.
    if (found->second.state == Place::kWhole) return 0;
    found->second.state = Place::kWriting;
    return found->second.start;
  }
  const std::uint64_t length = blob_header(blob).size() + blob.size + tar::tar_padding(blob.size);
  const Place place{blob, manifest, end_, length, Place::kWriting};
  places_.insert_or_assign(blob.digest, place);
  end_ += length;
  return place.start;
}

void Spool::put(const oci::Descriptor& blob, const base::OpenSource& open, bool manifest) {
  const std::uint64_t start = take_place(blob, manifest);
  if (start == 0) return;
  const auto leave = [&](auto state) {
    std::lock_guard lock(mutex_);
    places_.at(blob.digest).state = state;
    changed_.notify_all();
  };
  try {
    write_body(blob, start, open);
  } catch (...) {
    leave(Place::kFailed);
    throw;
  }
  leave(Place::kWhole);
}

void Spool::write_body(const oci::Descriptor& blob, std::uint64_t start, const base::OpenSource& open) {
  const std::string header = blob_header(blob);
  write_at(spool_->fd(), header, start, spool_->path());
  const auto source = open(0);
  std::vector<char> buffer(kSpoolBuffer);
  std::uint64_t written = 0;
  while (const std::size_t count = source->read(buffer.data(), buffer.size())) {
    cancellation_.throw_if_requested();
    if (count > blob.size - written) {
      throw base::Error(
          base::ErrorCode::kRegistry,
          fmt::format("size mismatch: blob {} is longer than its {} bytes; archive {} was not written",
                      blob.digest.text(), blob.size, base::printable_path(file_)));
    }
    write_at(spool_->fd(), {buffer.data(), count}, start + header.size() + written, spool_->path());
    written += count;
  }
  if (written != blob.size) {
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format(
            "connection closed early: received {} of the {} bytes of blob {}; archive {} was not written",
            written, blob.size, blob.digest.text(), base::printable_path(file_)));
  }
}

std::unique_ptr<base::ByteSource> Spool::open(const oci::Descriptor& blob, std::uint64_t offset) {
  if (!has(blob)) return nullptr;
  std::lock_guard lock(mutex_);
  const Place& place = places_.at(blob.digest);
  auto fd = std::make_shared<const files::UniqueFd>(::fcntl(spool_->fd(), F_DUPFD_CLOEXEC, 0));
  if (!fd->valid()) file_error("read", spool_->path(), errno);
  offset = std::min(offset, blob.size);
  return read_range(std::move(fd), spool_->path(), place.start + blob_header(blob).size() + offset,
                    blob.size - offset, cancellation_);
}

std::vector<Spool::Place> Spool::in_order() const {
  std::vector<Place> places;
  for (const auto& [digest, place] : places_) {
    if (place.state == Place::kWhole) places.push_back(place);
  }
  const auto rank = [](const Place& place) {
    return std::make_tuple(place.manifest, ~place.blob.size, std::cref(place.blob.digest));
  };
  std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) { return rank(a) < rank(b); });
  return places;
}

bool Spool::is_in_order(const std::vector<Place>& places) const {
  std::uint64_t next = start_of_archive().size();
  for (const Place& place : places) {
    if (place.start != next) return false;
    next += place.length;
  }
  return next == end_;
}

void Spool::finish(const std::vector<std::pair<std::string, std::string>>& members) {
  const auto places = in_order();
  auto result = spool_;
  if (!is_in_order(places)) {
    result = std::make_shared<TemporaryFile>(place_.folder(), kPrefix);
    const std::string start = start_of_archive();
    write_at(result->fd(), start, 0, result->path());
    end_ = start.size();
    for (const Place& place : places) {
      cancellation_.throw_if_requested();
      const std::string header = blob_header(place.blob);
      write_at(result->fd(), header, end_, result->path());
      copy_range(spool_->fd(), place.start + header.size(), result->fd(), end_ + header.size(),
                 place.blob.size, result->path());
      end_ += place.length;
    }
  }
  std::string rest;
  for (const auto& [name, content] : members) rest += member(name, content);
  rest += tar::tar_end();
  write_at(result->fd(), rest, end_, result->path());
  result->give_to(place_, cancellation_);
}

}  // namespace ixian::layout
