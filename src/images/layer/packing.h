// The way of a tar from whoever makes it to the blob: hashed, compressed, hashed and stored, all at once.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "compression/compression.h"
#include "files/byte_sink.h"
#include "layer/layer_writer.h"
#include "oci/digest.h"

namespace ixian::layer {

// Used by one thread; if there are others, they are its own. The destructor stops them, whatever they have
// done.
class CompressingWriter {
 public:
  CompressingWriter(files::ByteSink& blob, compression::Compression compression, unsigned threads,
                    base::Cancellation& cancellation, std::optional<int> level = std::nullopt);
  ~CompressingWriter();
  CompressingWriter(const CompressingWriter&) = delete;
  CompressingWriter& operator=(const CompressingWriter&) = delete;

  // As LayerWriter's. Throw what the sink threw, or Cancelled.
  void write(std::string_view bytes);
  LayerWriter::Space space();
  void filled(std::size_t size);

  std::uint64_t size() const { return tar_size_; }  // of the tar so far

  struct Result {
    oci::Digest diff_id;
    oci::Digest digest;
    std::uint64_t blob_size;
  };
  Result finish();  // once

 private:
  // A stretch of the tar on its way. All but the last are equally long, so that where they are cut depends on
  // nothing but the tar.
  struct Chunk {
    std::vector<char> tar;
    std::vector<char> packed;
    std::size_t size = 0;
    std::size_t packed_size = 0;
    bool last = false;
    bool ready = false;  // to be written
  };
  Chunk& chunk(std::uint64_t number) { return chunks_[number % chunks_.size()]; }

  void start();
  void run(void (CompressingWriter::*work)());
  void hash_all();
  void compress();
  void store();
  void submit(bool last);
  void hash(const Chunk& part);
  void put(std::string_view bytes);
  void pack_alone(Chunk& part);
  void fail(std::exception_ptr error);
  // Waits until `ready` holds; throws Stopped where everything is to end.
  template <typename Condition>
  void await(std::unique_lock<std::mutex>& lock, Condition ready);

  files::ByteSink& blob_;
  const compression::Compression compression_;
  const std::optional<int> level_;
  base::Cancellation& cancellation_;
  unsigned compressors_ = 1;

  std::uint64_t tar_size_ = 0;
  std::size_t filling_ = 0;  // bytes in the chunk that the caller fills

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Chunk> chunks_;
  // Numbers of chunks: how many are…
  std::uint64_t submitted_ = 0, hashed_ = 0, taken_ = 0, stored_ = 0;
  bool complete_ = false;  // no chunk follows those that are submitted
  bool stopped_ = false;
  std::exception_ptr error_;
  std::uint32_t crc_ = 0;  // of the tar, as gzip's trailer has it
  oci::Digester diff_id_;
  oci::Digester digest_;
  std::uint64_t blob_size_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace ixian::layer
