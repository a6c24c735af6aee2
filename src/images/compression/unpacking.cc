// Two threads and the caller share a ring of chunks: one unpacks, and hashes what is packed on the way; one
// hashes what is unpacked, for the diffID; the caller reads the tar. A chunk is used again when both of the
// latter are done with it.
//
// Nothing that was read is true before finish(): digest, size and diffID are known at the end only. What
// would do harm before is stopped on the way: a blob that is longer than promised, and a bomb, by its size
// and by its ratio (from 64 MiB on: zeros in a small layer are no bomb).
#include "compression/unpacking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/threads.h"
#include "compression/compression.h"

namespace ixian::compression {
namespace {

constexpr std::size_t kUnpackedChunk = 512 << 10;
constexpr std::size_t kChunks = 8;
constexpr std::uint64_t kRatioCountsFrom = 64 << 20;

[[noreturn]] void refuse(std::string message) {
  throw base::Error(base::ErrorCode::kRegistry, std::move(message));
}

// The packed bytes, hashed while they pass.
class HashedBlob : public base::ByteSource {
 public:
  HashedBlob(base::ByteSource& blob, const oci::Descriptor& descriptor)
      : blob_(blob), descriptor_(descriptor), digester_(descriptor.digest.algorithm()) {}

  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = blob_.read(buffer, size);
    digester_.update({buffer, count});
    size_ += count;
    if (size_ > descriptor_.size) {
      refuse(fmt::format("layer {} is longer than the {} bytes that its manifest promises",
                         descriptor_.digest.text(), descriptor_.size));
    }
    return count;
  }

  std::uint64_t size() const { return size_; }

  void check() {
    if (size_ < descriptor_.size) {
      refuse(fmt::format("connection closed early, after {} of the {} bytes of layer {}", size_,
                         descriptor_.size, descriptor_.digest.text()));
    }
    if (const oci::Digest found = digester_.finish(); found != descriptor_.digest) {
      throw base::Error(
          base::ErrorCode::kRegistry,
          fmt::format("layer {} is damaged: digest mismatch\nhint: pull it again", descriptor_.digest.text()),
          "found " + found.text());
    }
  }

 private:
  base::ByteSource& blob_;
  const oci::Descriptor& descriptor_;
  oci::Digester digester_;
  std::uint64_t size_ = 0;
};

}  // namespace

DecompressingReader::DecompressingReader(base::ByteSource& blob, const oci::Descriptor& descriptor,
                                         const std::optional<oci::Digest>& diff_id, const Limits& limits,
                                         base::Cancellation& cancellation)
    : blob_(blob),
      descriptor_(descriptor),
      expected_(diff_id),
      limits_(limits),
      cancellation_(cancellation),
      chunks_(kChunks),
      diff_id_(diff_id ? diff_id->algorithm() : "sha256") {
  if (!is_layer_type(descriptor.media_type)) {
    refuse(
        fmt::format("{} has type {}, which is not a layer", descriptor.digest.text(), descriptor.media_type));
  }
  try {
    threads_.push_back(base::start_thread([this] { run(&DecompressingReader::unpack_all); }));
    threads_.push_back(base::start_thread([this] { run(&DecompressingReader::hash); }));
  } catch (...) {
    stop();
    throw;
  }
}

DecompressingReader::~DecompressingReader() {
  stop();
}

void DecompressingReader::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void DecompressingReader::run(void (DecompressingReader::*work)()) {
  try {
    (this->*work)();
  } catch (...) {
    std::lock_guard lock(mutex_);
    error_ = std::current_exception();
    stopped_ = true;
    changed_.notify_all();
  }
}

void DecompressingReader::check_limits(std::uint64_t unpacked, std::uint64_t packed) const {
  if (unpacked > limits_.bytes) {
    refuse(fmt::format("layer {} rejected: unpacks to more than {} bytes", descriptor_.digest.text(),
                       limits_.bytes));
  }
  if (unpacked > kRatioCountsFrom && unpacked / limits_.ratio > packed) {
    refuse(fmt::format("layer {} rejected: unpacks to more than {} times its size", descriptor_.digest.text(),
                       limits_.ratio));
  }
}

void DecompressingReader::unpack_all() {
  HashedBlob packed(blob_, descriptor_);
  const auto source = unpack(packed);
  for (std::uint64_t number = 0;; ++number) {
    {
      std::unique_lock lock(mutex_);
      // The slower of the two holds the ring up.
      changed_.wait(lock, [&] { return stopped_ || std::min(hashed_, read_) + kChunks > number; });
      if (stopped_) return;
    }
    cancellation_.throw_if_requested();
    Chunk& part = chunk(number);
    part.bytes.resize(kUnpackedChunk);
    part.size = 0;
    bool more = true;
    while (more && part.size < kUnpackedChunk) {
      const std::size_t count = source->read(part.bytes.data() + part.size, kUnpackedChunk - part.size);
      part.size += count;
      more = count > 0;
    }
    tar_size_ += part.size;
    check_limits(tar_size_, packed.size());
    // Before the last chunk is given away: whoever has read the whole tar has read a blob that is right.
    if (!more) packed.check();
    std::lock_guard lock(mutex_);
    unpacked_ = number + 1;
    complete_ = !more;
    changed_.notify_all();
    if (complete_) return;
  }
}

void DecompressingReader::hash() {
  for (std::uint64_t number = 0;; ++number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || unpacked_ > number || complete_; });
    if (stopped_ || unpacked_ <= number) return;
    const Chunk& part = chunk(number);
    lock.unlock();
    diff_id_.update({part.bytes.data(), part.size});
    lock.lock();
    hashed_ = number + 1;
    changed_.notify_all();
  }
}

std::size_t DecompressingReader::read(char* buffer, std::size_t size) {
  if (at_ == 0) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || unpacked_ > read_ || complete_; });
    if (error_) std::rethrow_exception(error_);
    if (unpacked_ <= read_) return 0;
  }
  const Chunk& part = chunk(read_);
  const std::size_t count = std::min(size, part.size - at_);
  std::memcpy(buffer, part.bytes.data() + at_, count);
  at_ += count;
  if (at_ == part.size) {
    cancellation_.throw_if_requested();
    at_ = 0;
    std::lock_guard lock(mutex_);
    ++read_;
    changed_.notify_all();
  }
  return count;
}

DecompressingReader::Result DecompressingReader::finish() {
  char rest[4096];
  while (read(rest, sizeof(rest)) > 0) {
  }
  for (std::thread& thread : threads_) thread.join();
  if (error_) std::rethrow_exception(error_);
  const oci::Digest found = diff_id_.finish();
  if (expected_ && found != *expected_) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("layer {} is damaged (digest mismatch of its unpacked content)",
                                  descriptor_.digest.text()),
                      fmt::format("expected {}\nfound {}", expected_->text(), found.text()));
  }
  return {found, tar_size_};
}

}  // namespace ixian::compression
