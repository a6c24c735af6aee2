// Reads tar archives: ustar, PAX, GNU long names and base-256 numbers, and the old ones before them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/byte_source.h"
#include "oci/tar.h"

namespace ixian::oci {

// The archive is damaged, or is of a kind that is refused. A sentence for people that names the member, not
// the archive, which the caller does.
class TarError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Strict, so that no two readers see two things in one archive: right checksums, numbers that are numbers,
// one name for a member. Sparse files, multi-volume archives and unknown types are refused, as are names over
// kMaxTarName and extensions over kMaxTarExtension. After the end there are zeros only. Memory is bounded by
// these limits whatever the archive claims; how many members there are, and how long, is for the caller to
// limit. Not thread-safe.
class TarReader {
 public:
  // Moves the source `count` bytes on without reading them; false where that is not possible. For sources
  // that can seek.
  using Skip = std::function<bool(std::uint64_t count)>;

  // `source` must outlive the reader.
  explicit TarReader(base::ByteSource& source, Skip skip = {}) : source_(source), skip_(std::move(skip)) {}

  // The next member; what is left of the body before it is skipped. nullopt at the end. Throws TarError, and
  // what the source throws.
  std::optional<TarEntry> next();

  // The current member's body: fills at most `size` (> 0) bytes; 0 is its end. Throws like next().
  std::size_t read(char* buffer, std::size_t size);

  // Where the current member's body starts in the archive, right after next().
  std::uint64_t offset() const { return offset_; }

 private:
  using Block = std::array<char, kTarBlock>;
  struct Extensions;

  bool read_block(Block& block);
  void fill(char* buffer, std::size_t size);
  std::string read_extension(std::uint64_t size);
  void read_pax(std::uint64_t size, Extensions& extensions);
  bool read_extension_of(char flag, std::uint64_t size, Extensions& extensions);
  static TarEntry assemble(std::string_view block, const Extensions& extensions);
  void skip(std::uint64_t count);
  void expect_zeros_only();

  base::ByteSource& source_;
  Skip skip_;
  std::uint64_t offset_ = 0;
  std::uint64_t body_ = 0;  // bytes of the current body that are not read yet
  std::size_t padding_ = 0;
  bool ended_ = false;
};

}  // namespace ixian::oci
