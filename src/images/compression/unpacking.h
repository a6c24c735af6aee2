// The way of a blob to whoever reads its tar: hashed, unpacked and hashed again, all at once.
//
// The front door of this room: blobs come in and tars go out (DecompressingReader), or the other way
// (packer.h), in blocks on threads; Limits (limits.h) say what a stranger's blob may not exceed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "compression/limits.h"
#include "oci/descriptor.h"
#include "oci/digest.h"

namespace ixian::compression {

// The tar of a layer, read by one thread; two others are its own. The destructor stops them once the blob's
// current read has returned. read() throws Error{kRegistry} for a blob that is damaged, not the expected one,
// or beyond the limits, and Cancelled.
class DecompressingReader : public base::ByteSource {
 public:
  // All references must outlive the object.
  DecompressingReader(base::ByteSource& blob, const oci::Descriptor& descriptor,
                      const std::optional<oci::Digest>& diff_id, const Limits& limits,
                      base::Cancellation& cancellation);
  ~DecompressingReader() override;

  std::size_t read(char* buffer, std::size_t size) override;

  struct Result {
    oci::Digest diff_id;
    std::uint64_t tar_size;
  };
  // Reads to the end, and checks everything. Once.
  Result finish();

 private:
  struct Chunk {
    std::vector<char> bytes;
    std::size_t size = 0;
  };
  Chunk& chunk(std::uint64_t number) { return chunks_[number % chunks_.size()]; }

  void run(void (DecompressingReader::*work)());
  void unpack_all();
  void hash();
  void check_limits(std::uint64_t unpacked, std::uint64_t packed) const;
  void stop();

  base::ByteSource& blob_;
  const oci::Descriptor& descriptor_;
  const std::optional<oci::Digest>& expected_;
  const Limits& limits_;
  base::Cancellation& cancellation_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Chunk> chunks_;
  // Numbers of chunks: how many are…
  std::uint64_t unpacked_ = 0, hashed_ = 0, read_ = 0;
  bool complete_ = false;
  bool stopped_ = false;
  std::exception_ptr error_;
  oci::Digester diff_id_;
  std::uint64_t tar_size_ = 0;

  std::size_t at_ = 0;  // in the chunk that is read
  std::vector<std::thread> threads_;
};

}  // namespace ixian::compression
