// Compresses stretches of a tar, each by itself, so that they can be compressed at once and then joined.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compression/compression.h"

namespace ixian::compression {

// One for each thread. Equal stretches give equal bytes.
//
// gzip: all stretches are in one member; each ends at a byte (a full flush, RFC 1951, 3.2.4) and refers to
// nothing before it. By ISA-L on level 1: of those that give the same bytes on every x86-64 processor it is
// the one with the best ratio for its time; the bytes of level 3 depend on AVX2 and AVX-512. zstd: each
// stretch is a frame (RFC 8878, 3.1).
//
// With a `level` gzip is packed by zlib, which has the levels that people know: smaller, and several times
// slower.
class BlockCompressor {
 public:
  explicit BlockCompressor(Compression compression, std::optional<int> level = std::nullopt);
  ~BlockCompressor();

  // Replaces what is in `packed`, and returns how many bytes of it are used.
  std::size_t pack(const char* data, std::size_t size, bool last, std::vector<char>& packed);

 private:
  struct Zstd;
  struct Zlib;
  const Compression compression_;
  std::unique_ptr<std::uint8_t[]> level_buffer_;
  std::unique_ptr<Zstd> zstd_;
  std::unique_ptr<Zlib> zlib_;
};

// What stands before and behind all stretches; empty but for gzip.
std::string packed_start(Compression compression);
std::string packed_end(Compression compression, std::uint32_t crc, std::uint64_t size);

// CRC-32 as gzip has it, going on from `crc`.
std::uint32_t gzip_crc(std::uint32_t crc, const char* data, std::size_t size);

}  // namespace ixian::compression
