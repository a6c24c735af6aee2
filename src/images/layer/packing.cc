// The tar is cut into chunks that lie in a ring. Each is filled by the caller, then hashed for the diffID by
// one thread while another compresses it, then hashed for the digest and stored by a third; its place in the
// ring is free again when both ends are done with it. Hashing and storing go by the order of chunks,
// compressing by whoever is free. A tar of one chunk, as most RUNs make it, is not worth these threads: they
// start with the second one.
#include "layer/packing.h"

#include <algorithm>

#include "base/thread_pool.h"
#include "base/threads.h"
#include "compression/packer.h"

namespace ixian::layer {
namespace {

constexpr std::size_t kChunk = 1 << 20;
constexpr std::size_t kFirstRoom = 32 << 10;  // of the first chunk, which grows
constexpr unsigned kMaxThreads = 8;

struct Stopped {};

}  // namespace

CompressingWriter::CompressingWriter(files::ByteSink& blob, compression::Compression compression,
                                     unsigned threads, base::Cancellation& cancellation,
                                     std::optional<int> level)
    : blob_(blob), compression_(compression), level_(level), cancellation_(cancellation) {
  if (threads == 0) threads = base::processor_count();
  compressors_ = std::min(threads, kMaxThreads);
  chunks_.resize(compressors_ + 4);
}

void CompressingWriter::start() {
  try {
    threads_.push_back(base::start_thread([this] { run(&CompressingWriter::hash_all); }));
    threads_.push_back(base::start_thread([this] { run(&CompressingWriter::store); }));
    if (compression_ == compression::Compression::kNone) return;
    threads_.push_back(base::start_thread([this] { run(&CompressingWriter::compress); }));
    for (unsigned i = 1; i < compressors_; ++i) {
      std::thread further = base::try_thread([this] { run(&CompressingWriter::compress); });
      if (!further.joinable()) break;
      threads_.push_back(std::move(further));
    }
  } catch (...) {
    fail(std::current_exception());
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

CompressingWriter::~CompressingWriter() {
  fail(nullptr);
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void CompressingWriter::run(void (CompressingWriter::*work)()) {
  try {
    (this->*work)();
  } catch (const Stopped&) {
  } catch (...) {
    fail(std::current_exception());
  }
}

void CompressingWriter::fail(std::exception_ptr error) {
  std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  stopped_ = true;
  changed_.notify_all();
}

template <typename Condition>
void CompressingWriter::await(std::unique_lock<std::mutex>& lock, Condition ready) {
  changed_.wait(lock, [&] { return stopped_ || ready(); });
  if (stopped_) throw Stopped();
}

void CompressingWriter::hash(const Chunk& part) {
  diff_id_.update({part.tar.data(), part.size});
  if (compression_ == compression::Compression::kGzip)
    crc_ = compression::gzip_crc(crc_, part.tar.data(), part.size);
}

void CompressingWriter::put(std::string_view bytes) {
  if (bytes.empty()) return;
  digest_.update(bytes);
  blob_size_ += bytes.size();
  blob_.write(bytes);
}

void CompressingWriter::pack_alone(Chunk& part) {
  hash(part);
  put(compression::packed_start(compression_));
  if (compression_ == compression::Compression::kNone) {
    put({part.tar.data(), part.size});
  } else {
    const std::size_t size = compression::BlockCompressor(compression_, level_)
                                 .pack(part.tar.data(), part.size, true, part.packed);
    put({part.packed.data(), size});
  }
  put(compression::packed_end(compression_, crc_, tar_size_));
}

void CompressingWriter::hash_all() {
  for (std::uint64_t number = 0;; ++number) {
    std::unique_lock lock(mutex_);
    await(lock, [&] { return submitted_ > number || complete_; });
    if (submitted_ <= number) return;
    const Chunk& part = chunk(number);
    lock.unlock();
    hash(part);
    lock.lock();
    hashed_ = number + 1;
    changed_.notify_all();
  }
}

void CompressingWriter::compress() {
  compression::BlockCompressor packer(compression_, level_);
  while (true) {
    std::unique_lock lock(mutex_);
    await(lock, [&] { return submitted_ > taken_ || complete_; });
    if (submitted_ <= taken_) return;
    Chunk& part = chunk(taken_++);
    lock.unlock();
    const std::size_t size = packer.pack(part.tar.data(), part.size, part.last, part.packed);
    lock.lock();
    part.packed_size = size;
    part.ready = true;
    changed_.notify_all();
  }
}

void CompressingWriter::store() {
  put(compression::packed_start(compression_));
  const bool plain = compression_ == compression::Compression::kNone;
  for (std::uint64_t number = 0;; ++number) {
    std::unique_lock lock(mutex_);
    await(lock, [&] { return submitted_ > number ? plain || chunk(number).ready : complete_; });
    if (submitted_ <= number) break;
    Chunk& part = chunk(number);
    lock.unlock();
    put(plain ? std::string_view(part.tar.data(), part.size)
              : std::string_view(part.packed.data(), part.packed_size));
    lock.lock();
    part.ready = false;
    stored_ = number + 1;
    changed_.notify_all();
  }
  std::unique_lock lock(mutex_);
  await(lock, [&] { return hashed_ == submitted_; });
  lock.unlock();
  put(compression::packed_end(compression_, crc_, tar_size_));
}

void CompressingWriter::submit(bool last) {
  std::lock_guard lock(mutex_);
  Chunk& part = chunk(submitted_);
  part.size = filling_;
  part.last = last;
  filling_ = 0;
  ++submitted_;
  complete_ = last;
  changed_.notify_all();
}

LayerWriter::Space CompressingWriter::space() {
  cancellation_.throw_if_requested();
  if (filling_ == kChunk) {
    if (threads_.empty()) start();
    submit(false);
  }
  Chunk& part = chunk(submitted_);
  if (filling_ == 0) {
    std::unique_lock lock(mutex_);
    const auto is_free = [&] { return std::min(hashed_, stored_) + chunks_.size() > submitted_; };
    changed_.wait(lock, [&] { return stopped_ || is_free(); });
    if (error_) std::rethrow_exception(error_);
    part.tar.resize(submitted_ == 0 ? kFirstRoom : kChunk);
  } else if (filling_ == part.tar.size()) {
    part.tar.resize(kChunk);
  }
  return {part.tar.data() + filling_, part.tar.size() - filling_};
}

void CompressingWriter::filled(std::size_t size) {
  filling_ += size;
  tar_size_ += size;
}

void CompressingWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const LayerWriter::Space room = space();
    const std::size_t count = bytes.copy(room.data, room.size);
    filled(count);
    bytes.remove_prefix(count);
  }
}

CompressingWriter::Result CompressingWriter::finish() {
  if (filling_ == 0) space();
  if (threads_.empty()) {
    chunk(0).size = filling_;
    pack_alone(chunk(0));
    return {diff_id_.finish(), digest_.finish(), blob_size_};
  }
  submit(true);
  for (std::thread& thread : threads_) thread.join();
  if (error_) std::rethrow_exception(error_);
  return {diff_id_.finish(), digest_.finish(), blob_size_};
}

}  // namespace ixian::layer
