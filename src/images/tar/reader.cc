// A member is a header block and a body. Before the header may stand others, members in form, that say more
// of it: a PAX header ('x') whose records replace fields, and GNU's long name ('L') and long link ('K'). The
// danger in reading tar is not the format but its dialects: where two readers disagree about a name, a size
// or an end, an archive can show harmless files to the one that checks and others to the one that unpacks. So
// whatever dialects could disagree about is refused here, except where every reader in use agrees: among
// equal PAX keys the last counts, links and directories have no body whatever their size says, global PAX
// headers that only comment are passed over.
//
//   read       ustar (whatever its version), star's prefix, GNU 'L' and 'K', base-256 numbers, PAX 'x', v7
//              without magic; where asked for, old GNU sparse 'S' and PAX sparse 0.0, 0.1 and 1.0
//   read over  global PAX headers that set no name, link or size; unknown PAX keys
//   refused    multi-volume; unknown types; two long names or two PAX headers for one member; a path or
//              a size for all members; a wrong checksum; numbers that are none; a NUL in a name; a file
//              whose name ends in "/"; sparse fields in what is not sparse; bytes behind the end
#include "tar/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include "base/text.h"
#include "tar/block.h"
#include "tar/pax.h"

namespace ixian::tar {

struct TarReader::Extensions {
  bool pax_seen = false;
  std::optional<std::string> gnu_name, gnu_link;
  std::map<std::string, std::string, std::less<>> pax;  // what is used of it, without empty values
  PaxSparse sparse;

  bool any() const { return pax_seen || gnu_name || gnu_link; }
};

namespace {

constexpr std::string_view kPosixMagic{"ustar\0", 6};  // whatever version follows, as others read it
constexpr std::string_view kGnuMagic{"ustar  \0", 8};
constexpr std::string_view kStarTrailer{"tar\0", 4};
constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max() - 2 * kTarBlock;
constexpr std::uint32_t kMaxId = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::string_view kUsedKeys[] = {"path", "linkpath", "size",  "uid",
                                          "gid",  "uname",    "gname", "mtime"};
constexpr std::string_view kKeysNotForAll[] = {"path", "linkpath", "size"};

[[noreturn]] void fail(const std::string& name, std::string_view reason) {
  throw TarError(fmt::format("archive member {} {}", base::printable_path(name), reason));
}

bool is_one_of(std::string_view key, const auto& keys) {
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

std::uint64_t number_in(const TarField& field, std::string_view block, const std::string& name,
                        std::string_view what, std::uint64_t max) {
  const auto number = tar_number(field.of(block));
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > max) {
    fail(name, fmt::format("has an invalid {}", what));
  }
  return static_cast<std::uint64_t>(*number);
}

std::uint64_t decimal(const std::string& text, const std::string& name, std::string_view what,
                      std::uint64_t max) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number > max) fail(name, fmt::format("has an invalid {}", what));
  return number;
}

std::uint32_t device_number(const TarField& field, std::string_view block, const std::string& name) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(number_in(field, block, name, "device number", kMax));
}

std::string name_in(std::string_view block) {
  std::string name(tar_text(tar_field::kName.of(block)));
  if (!tar_field::kMagic.of(block).starts_with(kPosixMagic)) return name;
  const bool star = tar_field::kStarTrailer.of(block) == kStarTrailer;
  const auto prefix = tar_text((star ? tar_field::kStarPrefix : tar_field::kPrefix).of(block));
  return prefix.empty() ? name : fmt::format("{}/{}", prefix, name);
}

TarType type_of(char flag, const std::string& name) {
  const bool named_as_folder = name.ends_with('/');
  if (flag == '\0') return named_as_folder ? TarType::kFolder : TarType::kFile;
  // A folder to GNU tar and libarchive, a file to Go and Python.
  if (named_as_folder && (flag == '0' || flag == '7' || flag == 'S'))
    fail(name, "is a file by its type and a directory by its name");
  if (flag == '7') return TarType::kFile;
  if (flag >= '0' && flag <= '6') return static_cast<TarType>(flag);
  if (flag == 'S') return TarType::kFile;
  fail(name, fmt::format("has the unsupported type '{}'", base::printable_path({&flag, 1})));
}

TarEntry fixed_header(std::string_view block) {
  TarEntry entry;
  entry.name = name_in(block);
  entry.size = number_in(tar_field::kSize, block, entry.name, "size", kMaxSize);
  entry.link = tar_text(tar_field::kLink.of(block));
  const auto mtime = tar_number(tar_field::kMtime.of(block));
  if (!mtime) fail(entry.name, "has an invalid time");
  entry.mtime = *mtime;
  entry.mode = static_cast<std::uint32_t>(
      number_in(tar_field::kMode, block, entry.name, "mode", std::numeric_limits<std::uint32_t>::max()) &
      07777);
  const auto magic = tar_field::kMagic.of(block);
  // Taken for the parts of a sparse file by libarchive, whatever the type is.
  if (magic == kGnuMagic && tar_field::kType.of(block) != "S" &&
      tar_field::kGnuSparse.of(block).find_first_not_of('\0') != std::string_view::npos)
    fail(entry.name, "has the parts of a sparse file, but is not one");
  if (magic.starts_with(kPosixMagic) || magic == kGnuMagic) {
    entry.user = tar_text(tar_field::kUser.of(block));
    entry.group = tar_text(tar_field::kGroup.of(block));
  }
  return entry;
}

std::uint32_t id_of(const auto& pax, std::string_view key, const TarField& field, std::string_view block,
                    const std::string& name) {
  const auto found = pax.find(key);
  return static_cast<std::uint32_t>(found == pax.end() ? number_in(field, block, name, "owner", kMaxId)
                                                       : decimal(found->second, name, "owner", kMaxId));
}

void apply_pax(const auto& pax, TarEntry& entry) {
  for (const auto& [key, value] : pax) {
    if (key == "path") entry.name = value;
    if (key == "linkpath") entry.link = value;
    if (key == "uname") entry.user = value;
    if (key == "gname") entry.group = value;
    if (key == "size") {
      entry.size = decimal(value, entry.name, "size", kMaxSize);
    }
    if (key == "mtime") {
      const auto time = parse_pax_time(value);
      if (!time) fail(entry.name, "has an invalid time");
      entry.mtime = time->seconds;
      entry.mtime_ns = time->nanoseconds;
    }
    if (key.starts_with(kPaxXattr)) entry.xattrs[key.substr(kPaxXattr.size())] = value;
  }
}

void check_name(const std::string& text, const std::string& name, std::string_view what) {
  if (text.empty()) fail(name, fmt::format("has no {}", what));
  if (text.size() > kMaxTarName) {
    fail(name.substr(0, 100), fmt::format("has a {} longer than {} bytes", what, kMaxTarName));
  }
  if (text.find('\0') != std::string::npos) fail(name, fmt::format("has a {} with a NUL inside", what));
}

}  // namespace

bool TarReader::read_block(Block& block) {
  std::size_t have = 0;
  while (have < block.size()) {
    const std::size_t count = source_.read(block.data() + have, block.size() - have);
    if (count == 0 && have == 0) return false;
    if (count == 0) throw TarError("archive truncated in the middle of a header");
    have += count;
  }
  offset_ += have;
  return true;
}

void TarReader::fill(char* buffer, std::size_t size) {
  while (size > 0) {
    const std::size_t count = source_.read(buffer, size);
    if (count == 0) throw TarError("archive truncated in the middle of a member");
    offset_ += count;
    buffer += count;
    size -= count;
  }
}

void TarReader::skip(std::uint64_t count) {
  if (count == 0) return;
  if (skip_ && skip_(count)) {
    offset_ += count;
    return;
  }
  char buffer[16 << 10];
  for (std::uint64_t left = count; left > 0;) {
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(left, sizeof(buffer)));
    fill(buffer, step);
    left -= step;
  }
}

std::size_t TarReader::read(char* buffer, std::size_t size) {
  if (!sparse_) return read_packed(buffer, size);
  const auto& segments = sparse_->segments;
  const bool in_segment = segment_ < segments.size() && at_ >= segments[segment_].offset;
  if (in_segment) {
    const SparseSegment& segment = segments[segment_];
    const std::uint64_t left = segment.offset + segment.size - at_;
    const std::size_t count = read_packed(buffer, std::min<std::uint64_t>(size, left));
    at_ += count;
    if (count == left) ++segment_;
    return count;
  }
  const std::uint64_t end = segment_ < segments.size() ? segments[segment_].offset : sparse_->real_size;
  const auto zeros = static_cast<std::size_t>(std::min<std::uint64_t>(size, end - at_));
  std::fill_n(buffer, zeros, '\0');
  at_ += zeros;
  return zeros;
}

std::size_t TarReader::read_packed(char* buffer, std::size_t size) {
  if (body_ == 0) return 0;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, body_));
  const std::size_t count = source_.read(buffer, wanted);
  if (count == 0) throw TarError("archive truncated in the middle of a member");
  offset_ += count;
  body_ -= count;
  return count;
}

std::string TarReader::read_extension(std::uint64_t size) {
  if (size > kMaxTarExtension) {
    throw TarError(fmt::format("archive has a name or an extended header of {} bytes (at most {})", size,
                               kMaxTarExtension));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  fill(text.data(), text.size());
  skip(tar_padding(size));
  return text;
}

void TarReader::read_pax(std::uint64_t size, Extensions& extensions) {
  if (extensions.pax_seen) throw TarError("archive has two extended headers for one member");
  extensions.pax_seen = true;
  bool well_formed = false;
  try {
    well_formed =
        for_each_pax_record(read_extension(size), [&](std::string_view key, std::string_view value) {
          if (extensions.sparse.take(key, value)) return;
          if (!is_one_of(key, kUsedKeys) && !key.starts_with(kPaxXattr)) return;
          if (value.empty() && !key.starts_with(kPaxXattr)) {
            extensions.pax.erase(std::string(key));
          } else {
            extensions.pax.insert_or_assign(std::string(key), std::string(value));
          }
        });
  } catch (const std::invalid_argument& error) {
    throw TarError(fmt::format("archive member {}", error.what()));
  }
  if (!well_formed) throw TarError("archive has a damaged extended header");
}

void TarReader::read_end() {
  Block second;
  if (dialect_.remains && read_block(second) &&
      std::any_of(second.begin(), second.end(), [](char c) { return c != '\0'; })) {
    throw TarError("data after the end of the archive");
  }
  char buffer[16 << 10];
  while (const std::size_t count = source_.read(buffer, sizeof(buffer))) {
    offset_ += count;
    if (!dialect_.remains && std::any_of(buffer, buffer + count, [](char c) { return c != '\0'; })) {
      throw TarError("data after the end of the archive");
    }
  }
}

bool TarReader::read_extension_of(char flag, std::uint64_t size, Extensions& extensions) {
  if (flag == 'x') {
    read_pax(size, extensions);
  } else if (flag == 'g') {
    for_each_pax_record(read_extension(size), [](std::string_view key, std::string_view) {
      if (is_one_of(key, kKeysNotForAll) || key.starts_with("GNU.sparse")) {
        throw TarError(fmt::format("archive sets \"{}\" for all of its members, which is not accepted",
                                   base::printable_path(key)));
      }
    });
  } else if (flag == 'L' || flag == 'K') {
    auto& target = flag == 'L' ? extensions.gnu_name : extensions.gnu_link;
    if (target) throw TarError("archive has two long names for one member");
    target = std::string(tar_text(read_extension(size)));
  } else {
    return false;
  }
  return true;
}

TarEntry TarReader::assemble(std::string_view block, const Extensions& extensions) {
  const auto& pax = extensions.pax;
  TarEntry entry = fixed_header(block);
  if ((extensions.gnu_name && pax.contains("path")) || (extensions.gnu_link && pax.contains("linkpath"))) {
    fail(entry.name, "has two long names");
  }
  if (extensions.gnu_name) entry.name = *extensions.gnu_name;
  if (extensions.gnu_link) entry.link = *extensions.gnu_link;
  apply_pax(pax, entry);
  if (!extensions.sparse.name().empty()) entry.name = extensions.sparse.name();
  check_name(entry.name, entry.name, "name");
  entry.type = type_of(tar_field::kType.of(block).front(), entry.name);
  entry.uid = id_of(pax, "uid", tar_field::kUid, block, entry.name);
  entry.gid = id_of(pax, "gid", tar_field::kGid, block, entry.name);
  if (entry.type == TarType::kHardLink || entry.type == TarType::kSymlink) {
    check_name(entry.link, entry.name, "target");
  } else {
    entry.link.clear();
  }
  if (entry.type == TarType::kCharacterDevice || entry.type == TarType::kBlockDevice) {
    entry.device_major = device_number(tar_field::kMajor, block, entry.name);
    entry.device_minor = device_number(tar_field::kMinor, block, entry.name);
  }
  // A size on a link or directory is written by some and means nothing: no reader in use skips a body for it.
  if (entry.type != TarType::kFile) entry.size = 0;
  return entry;
}

std::string TarReader::read_map_line() {
  std::string line;
  for (char c = '\0'; body_ > 0; line += c) {
    read_packed(&c, 1);
    if (c == '\n') return line;
    if (line.size() > 20) break;
  }
  throw std::invalid_argument("has a damaged sparse map");
}

std::optional<SparseMap> TarReader::read_sparse_map(std::string_view block, const TarEntry& entry,
                                                    const Extensions& extensions) {
  const bool gnu = tar_field::kType.of(block).front() == 'S';
  if (!gnu && !extensions.sparse.seen()) return std::nullopt;
  if (!dialect_.sparse) {
    fail(entry.name, "is a sparse file, which is not supported\nhint: write the archive without --sparse");
  }
  if (entry.type != TarType::kFile) fail(entry.name, "is a sparse file, but not a file");
  if (gnu && extensions.sparse.seen()) fail(entry.name, "is a sparse file in two ways");
  const std::uint64_t start = body_;
  try {
    if (gnu) {
      return gnu_sparse_map(block, entry.size, [&] {
        Block next;
        if (!read_block(next)) throw TarError("archive truncated in the middle of a header");
        return std::string(next.data(), next.size());
      });
    }
    SparseMap map = extensions.sparse.map(entry.size, [&] { return read_map_line(); });
    const std::uint64_t fill = extensions.sparse.map_in_body() ? tar_padding(start - body_) : 0;
    skip(fill);
    body_ -= fill;
    return map;
  } catch (const std::invalid_argument& error) {
    fail(entry.name, error.what());
  }
}

std::optional<TarEntry> TarReader::next() {
  if (ended_) return std::nullopt;
  skip(body_ + padding_);
  body_ = padding_ = 0;
  sparse_.reset();
  at_ = segment_ = 0;
  Extensions extensions;
  for (Block bytes;;) {
    const bool more = read_block(bytes);
    const std::string_view block(bytes.data(), bytes.size());
    if (!more || block.find_first_not_of('\0') == std::string_view::npos) {
      if (extensions.any()) throw TarError("archive truncated before an announced member");
      if (more) read_end();
      ended_ = true;
      return std::nullopt;
    }
    const auto sum = tar_number(tar_field::kChecksum.of(block));
    if (!sum || *sum != tar_checksum(block)) {
      throw TarError(
          fmt::format("damaged archive, or not a tar archive: wrong checksum of the header at byte {}",
                      offset_ - kTarBlock));
    }
    // Of the block itself: an extension's size is never replaced by another extension.
    const std::uint64_t size = number_in(tar_field::kSize, block, name_in(block), "size", kMaxSize);
    if (read_extension_of(tar_field::kType.of(block).front(), size, extensions)) continue;
    TarEntry entry = assemble(block, extensions);
    body_ = entry.size;
    padding_ = tar_padding(entry.size);
    sparse_ = read_sparse_map(block, entry, extensions);
    // Whoever reads sees the file, not how it is packed.
    if (sparse_) entry.size = sparse_->real_size;
    return entry;
  }
}

}  // namespace ixian::tar
