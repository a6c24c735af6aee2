// What one member of a tar archive is (POSIX.1-2017, pax), as a value.
//
// The front door of this room: a TarEntry is what one member says; TarReader (reader.h) makes them of bytes,
// tar_header() (writer.h) bytes of them. Bodies pass by and are nobody's here.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ixian::tar {

inline constexpr std::size_t kTarBlock = 512;
inline constexpr std::size_t kMaxTarName = 4 * 4096;      // of a name or a link, four times PATH_MAX
inline constexpr std::size_t kMaxTarExtension = 1 << 20;  // of one PAX header or GNU long name

// As the type flag stands in the header.
enum class TarType : char {
  kFile = '0',
  kHardLink = '1',
  kSymlink = '2',
  kCharacterDevice = '3',
  kBlockDevice = '4',
  kFolder = '5',
  kFifo = '6',
};

// Of a file's mode; nullopt for a socket, which no archive can hold.
constexpr std::optional<TarType> tar_type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return TarType::kFile;
    case S_IFDIR:
      return TarType::kFolder;
    case S_IFLNK:
      return TarType::kSymlink;
    case S_IFCHR:
      return TarType::kCharacterDevice;
    case S_IFBLK:
      return TarType::kBlockDevice;
    case S_IFIFO:
      return TarType::kFifo;
    default:
      return std::nullopt;
  }
}

struct TarEntry {
  std::string name;  // any bytes but NUL, never empty; as it is stored: "./a", "/a", "../a" are possible
  TarType type = TarType::kFile;
  std::uint64_t size = 0;      // of the body that follows; 0 of all but files
  std::uint32_t mode = 0644;   // 07777 at most
  std::uint32_t uid = 0;       // 2^32-2 at most: the one above means "leave it" to chown
  std::uint32_t gid = 0;       // likewise
  std::string user;            // may be empty
  std::string group;           // may be empty
  std::int64_t mtime = 0;      // seconds since 1970
  std::uint32_t mtime_ns = 0;  // 999999999 at most, counted upwards, before 1970 too
  std::string link;            // of links: the target
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;  // names as in the file system ("user.note"), any bytes

  friend bool operator==(const TarEntry&, const TarEntry&) = default;
};

// Bytes of zeros that follow a body of `size`.
constexpr std::size_t tar_padding(std::uint64_t size) {
  return static_cast<std::size_t>((kTarBlock - size % kTarBlock) % kTarBlock);
}

}  // namespace ixian::tar
