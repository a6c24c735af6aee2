// Reads tar archives: ustar, PAX, GNU long names and base-256 numbers, and the old ones before them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/byte_source.h"
#include "tar/format.h"
#include "tar/sparse.h"

namespace ixian::tar {

// The archive is damaged, or is of a kind that is refused. A sentence for people that names the member, not
// the archive, which the caller does.
class TarError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Strict, so that no two readers see two things in one archive: right checksums, numbers that are numbers,
// one name for a member. Multi-volume archives and unknown types are refused, as are names over kMaxTarName
// and extensions over kMaxTarExtension, and, unless the dialect says otherwise, sparse files and whatever
// follows the end but zeros. Memory is bounded by these limits whatever the archive claims; how many members
// there are, and how long, is for the caller to limit. Not thread-safe.
class TarReader {
 public:
  // Moves the source `count` bytes on without reading them; false where that is not possible. For sources
  // that can seek.
  using Skip = std::function<bool(std::uint64_t count)>;

  struct Dialect {
    bool sparse = false;   // sparse files are read as what they are when unpacked: size and body with zeros
    bool remains = false;  // what follows the end is read over, as every engine does with a layer's
  };

  // `source` must outlive the reader.
  explicit TarReader(base::ByteSource& source, Skip skip = {}) : source_(source), skip_(std::move(skip)) {}
  TarReader(base::ByteSource& source, Dialect dialect) : source_(source), dialect_(dialect) {}

  // The next member; what is left of the body before it is skipped. nullopt at the end. Throws TarError, and
  // what the source throws.
  std::optional<TarEntry> next();

  // The current member's body: fills at most `size` (> 0) bytes; 0 is its end. Throws like next().
  std::size_t read(char* buffer, std::size_t size);

  // Where the current member's body starts in the archive, right after next().
  std::uint64_t offset() const { return offset_; }

  // The current member is a sparse file.
  bool is_sparse() const { return sparse_.has_value(); }

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
  void read_end();
  std::optional<SparseMap> read_sparse_map(std::string_view block, const TarEntry& entry,
                                           const Extensions& extensions);
  std::string read_map_line();
  std::size_t read_packed(char* buffer, std::size_t size);

  base::ByteSource& source_;
  Skip skip_;
  Dialect dialect_;
  std::uint64_t offset_ = 0;
  std::uint64_t body_ = 0;  // bytes of the current body that are not read yet
  std::size_t padding_ = 0;
  std::optional<SparseMap> sparse_;
  std::uint64_t at_ = 0;     // of a sparse file: where reading stands in the unpacked content
  std::size_t segment_ = 0;  // the next one, or that which reading stands in
  bool ended_ = false;
};

}  // namespace ixian::tar
