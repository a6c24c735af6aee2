// What a layer is packed with is told by its first bytes, since media types may say otherwise. gzip is read
// by ISA-L, which is much faster than zlib. Both formats may consist of several parts in a row; zeros at the
// end are filling, anything else there is refused, since it would be in the digest and not in the tar.
#include "compression/compression.h"

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "oci/media_types.h"

namespace ixian::compression {
namespace {

constexpr std::size_t kPackedBuffer = 128 << 10;
constexpr int kMaxWindowLog = 26;  // 64 MiB
constexpr std::string_view kGzipMagic{"\x1f\x8b", 2};
constexpr std::string_view kZstdMagic{"\x28\xb5\x2f\xfd", 4};

[[noreturn]] void damaged(std::string_view format, std::string_view reason) {
  throw base::Error(base::ErrorCode::kRegistry,
                    fmt::format("cannot unpack the {} data of a layer: {}", format, reason));
}

// A packed stream with a buffer in front of it.
class Packed {
 public:
  explicit Packed(base::ByteSource& source) : source_(source), buffer_(kPackedBuffer) {}

  // Makes at least `wanted` bytes available unless the source ends before.
  bool has(std::size_t wanted) {
    if (view().size() >= wanted) return true;
    std::copy(buffer_.begin() + start_, buffer_.begin() + end_, buffer_.begin());
    end_ -= start_;
    start_ = 0;
    while (end_ < static_cast<std::ptrdiff_t>(wanted)) {
      const auto room = buffer_.size() - static_cast<std::size_t>(end_);
      const std::size_t count = source_.read(buffer_.data() + end_, room);
      if (count == 0) return false;
      end_ += static_cast<std::ptrdiff_t>(count);
    }
    return true;
  }

  std::string_view view() const { return {buffer_.data() + start_, static_cast<std::size_t>(end_ - start_)}; }
  void take(std::size_t count) { start_ += static_cast<std::ptrdiff_t>(count); }

  // All that is left must be zeros, with which some tools fill up blocks.
  void expect_zeros(std::string_view format) {
    while (has(1)) {
      if (view().find_first_not_of('\0') != std::string_view::npos) {
        damaged(format, "something else follows its end");
      }
      take(view().size());
    }
  }

 private:
  base::ByteSource& source_;
  std::vector<char> buffer_;
  std::ptrdiff_t start_ = 0;
  std::ptrdiff_t end_ = 0;
};

class PlainSource : public base::ByteSource {
 public:
  PlainSource(std::unique_ptr<Packed> packed, base::ByteSource& rest)
      : packed_(std::move(packed)), rest_(rest) {}

  std::size_t read(char* buffer, std::size_t size) override {
    const std::string_view start = packed_->view();
    // First what was read to tell the format.
    if (start.empty()) return rest_.read(buffer, size);
    const std::size_t count = start.copy(buffer, size);
    packed_->take(count);
    return count;
  }

 private:
  std::unique_ptr<Packed> packed_;
  base::ByteSource& rest_;
};

class GzipSource : public base::ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<Packed> packed)
      : packed_(std::move(packed)), state_(std::make_unique<inflate_state>()) {
    start_member();
  }

  std::size_t read(char* buffer, std::size_t size) override {
    while (!ended_) {
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        if (packed_->has(2) && packed_->view().starts_with(kGzipMagic)) {
          start_member();
        } else {
          packed_->expect_zeros("gzip");
          ended_ = true;
          break;
        }
      }
      if (const std::size_t count = inflate(buffer, size)) return count;
    }
    return 0;
  }

 private:
  void start_member() {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }

  std::size_t inflate(char* buffer, std::size_t size) {
    // What the decoder holds back inside may suffice for more output without more input.
    const bool more = packed_->has(1);
    const std::string_view in = packed_->view();
    state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(in.data()));
    state_->avail_in = static_cast<std::uint32_t>(in.size());
    state_->next_out = reinterpret_cast<std::uint8_t*>(buffer);
    state_->avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(size, 1 << 30));
    const std::uint32_t room = state_->avail_out;
    const int result = isal_inflate(state_.get());
    if (result == ISAL_INCORRECT_CHECKSUM) damaged("gzip", "its checksum is wrong");
    if (result < 0 || result == ISAL_NEED_DICT) damaged("gzip", "it is damaged");
    packed_->take(in.size() - state_->avail_in);
    const std::size_t count = room - state_->avail_out;
    if (!more && count == 0 && state_->block_state != ISAL_BLOCK_FINISH) {
      damaged("gzip", "it ends too early");
    }
    return count;
  }

  std::unique_ptr<Packed> packed_;
  std::unique_ptr<inflate_state> state_;
  bool ended_ = false;
};

class ZstdSource : public base::ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<Packed> packed)
      : packed_(std::move(packed)), context_(ZSTD_createDCtx()) {
    if (!context_) throw std::bad_alloc();
    // A frame may ask for a window of gigabytes.
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  }

  std::size_t read(char* buffer, std::size_t size) override {
    while (!ended_) {
      const bool more = packed_->has(between_frames_ ? 4 : 1);
      if (between_frames_ && !starts_frame()) {
        packed_->expect_zeros("zstd");
        ended_ = true;
        break;
      }
      if (const std::size_t count = decompress(buffer, size, more)) return count;
    }
    return 0;
  }

 private:
  bool starts_frame() const { return compression_of(packed_->view()) == Compression::kZstd; }

  std::size_t decompress(char* buffer, std::size_t size, bool more) {
    const std::string_view bytes = packed_->view();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer out{buffer, size, 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
    if (ZSTD_isError(result) != 0) damaged("zstd", ZSTD_getErrorName(result));
    packed_->take(in.pos);
    between_frames_ = result == 0;
    if (!more && out.pos == 0 && in.pos == 0 && !between_frames_) damaged("zstd", "it ends too early");
    return out.pos;
  }

  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<Packed> packed_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool between_frames_ = true;
  bool ended_ = false;
};

}  // namespace

int highest_level(Compression compression) {
  constexpr int kHighestGzip = 9;
  constexpr int kHighestZstd = 22;
  if (compression == Compression::kGzip) return kHighestGzip;
  return compression == Compression::kZstd ? kHighestZstd : 0;
}

std::string_view media_type_of(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return oci::kOciLayer;
    case Compression::kGzip:
      return oci::kOciLayerGzip;
    case Compression::kZstd:
      return oci::kOciLayerZstd;
  }
  return "";
}

bool is_layer_type(std::string_view media_type) {
  constexpr std::string_view kTypes[] = {
      oci::kOciLayer,
      oci::kOciLayerGzip,
      oci::kOciLayerZstd,
      oci::kDockerLayer,
      oci::kDockerLayerGzip,
      "application/vnd.docker.image.rootfs.diff.tar.zstd",
      "application/vnd.oci.image.layer.nondistributable.v1.tar",
      "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
      "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
      "application/vnd.docker.image.rootfs.foreign.diff.tar",
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  };
  return std::find(std::begin(kTypes), std::end(kTypes), media_type) != std::end(kTypes);
}

Compression compression_of(std::string_view start) {
  if (start.starts_with(kGzipMagic)) return Compression::kGzip;
  const bool skippable = start.size() >= 4 && start.substr(1, 3) == "\x2a\x4d\x18" &&
                         (static_cast<unsigned char>(start[0]) & 0xf0) == 0x50;
  if (start.starts_with(kZstdMagic) || skippable) return Compression::kZstd;
  return Compression::kNone;
}

std::unique_ptr<base::ByteSource> unpack(base::ByteSource& packed) {
  auto buffered = std::make_unique<Packed>(packed);
  buffered->has(4);
  switch (compression_of(buffered->view())) {
    case Compression::kGzip:
      return std::make_unique<GzipSource>(std::move(buffered));
    case Compression::kZstd:
      return std::make_unique<ZstdSource>(std::move(buffered));
    case Compression::kNone:
      break;
  }
  return std::make_unique<PlainSource>(std::move(buffered), packed);
}

}  // namespace ixian::compression
