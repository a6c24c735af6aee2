// Stretches are compressed each by itself, so that all processors can do it, and joined: for gzip as one
// member of which each stretch ends at a full flush, for zstd as frames. It costs a little size. Levels are
// low: whoever builds waits for the packing.
#include "compression/packer.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>
#include <zstd.h>

#include <new>
#include <stdexcept>

namespace ixian::compression {
namespace {

constexpr int kZstdLevel = 3;
constexpr int kGzipLevel = 1;

std::size_t deflate_by_isal(const char* data, std::size_t size, bool last, std::uint8_t* level_buffer,
                            std::vector<char>& packed) {
  // What does not shrink is stored, in blocks of 64 KiB with 5 bytes before each.
  packed.resize(size + size / 1024 + 1024);
  isal_zstream stream = {};
  isal_deflate_stateless_init(&stream);
  stream.level = kGzipLevel;
  stream.level_buf = level_buffer;
  stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
  stream.flush = last ? NO_FLUSH : FULL_FLUSH;
  stream.end_of_stream = last ? 1 : 0;
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(data));
  stream.avail_in = static_cast<std::uint32_t>(size);
  stream.next_out = reinterpret_cast<std::uint8_t*>(packed.data());
  stream.avail_out = static_cast<std::uint32_t>(packed.size());
  if (isal_deflate_stateless(&stream) != COMP_OK || stream.avail_in != 0) {
    throw std::logic_error("ISA-L could not compress a stretch of a layer.");
  }
  return stream.total_out;
}

std::string little_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

}  // namespace

struct BlockCompressor::Zstd {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  explicit Zstd(int level) {
    if (context == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    // gzip has a checksum of its own, so this has one as well.
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  }
  ~Zstd() { ZSTD_freeCCtx(context); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
};

// Raw deflate, which ends each stretch as ISA-L does it here.
struct BlockCompressor::Zlib {
  z_stream stream = {};
  explicit Zlib(int level) {
    if (deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Zlib() { deflateEnd(&stream); }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;

  std::size_t pack(const char* data, std::size_t size, bool last, std::vector<char>& packed) {
    deflateReset(&stream);
    // The flush needs a few bytes that the bound does not count.
    packed.resize(deflateBound(&stream, size) + 64);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data));
    stream.avail_in = static_cast<uInt>(size);
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int result = deflate(&stream, last ? Z_FINISH : Z_FULL_FLUSH);
    if (result != (last ? Z_STREAM_END : Z_OK) || stream.avail_in != 0 || stream.avail_out == 0)
      throw std::logic_error("zlib could not compress a stretch of a layer.");
    return packed.size() - stream.avail_out;
  }
};

BlockCompressor::BlockCompressor(Compression compression, std::optional<int> level)
    : compression_(compression) {
  if (compression == Compression::kZstd) zstd_ = std::make_unique<Zstd>(level.value_or(kZstdLevel));
  if (compression != Compression::kGzip) return;
  if (level)
    zlib_ = std::make_unique<Zlib>(*level);
  else
    level_buffer_.reset(new std::uint8_t[ISAL_DEF_LVL1_DEFAULT]);
}

BlockCompressor::~BlockCompressor() = default;

std::size_t BlockCompressor::pack(const char* data, std::size_t size, bool last, std::vector<char>& packed) {
  if (zlib_) return zlib_->pack(data, size, last, packed);
  if (compression_ == Compression::kGzip)
    return deflate_by_isal(data, size, last, level_buffer_.get(), packed);
  packed.resize(ZSTD_compressBound(size));
  const std::size_t count = ZSTD_compress2(zstd_->context, packed.data(), packed.size(), data, size);
  if (ZSTD_isError(count) != 0) throw std::logic_error("zstd could not compress a stretch of a layer.");
  return count;
}

std::string packed_start(Compression compression) {
  if (compression != Compression::kGzip) return "";
  // No flags, no time, the fastest algorithm, an unknown system (RFC 1952, 2.3).
  return {"\x1f\x8b\x08\0\0\0\0\0\x04\xff", 10};
}

std::string packed_end(Compression compression, std::uint32_t crc, std::uint64_t size) {
  if (compression != Compression::kGzip) return "";
  return little_endian(crc) + little_endian(static_cast<std::uint32_t>(size));
}

std::uint32_t gzip_crc(std::uint32_t crc, const char* data, std::size_t size) {
  return crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(data), size);
}

}  // namespace ixian::compression
