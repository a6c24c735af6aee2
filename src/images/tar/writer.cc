// A plain ustar header says everything about most members, and every reader knows it. What has no room in it
// (long or non-ASCII names, big numbers, fractions of seconds, extended attributes) goes into a PAX header
// before it, whose own fields are constant, with its records in the order of their keys.
#include "tar/writer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "tar/block.h"
#include "tar/pax.h"

namespace ixian::tar {
namespace {

using Records = std::map<std::string, std::string>;

constexpr std::string_view kPosixMagicAndVersion{"ustar\00000", 8};

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void put_text(std::string& block, const TarField& field, std::string_view text) {
  text = text.substr(0, field.size);
  block.replace(field.offset, text.size(), text);
}

// Where a long name is cut into prefix and name: at a slash, which is in neither.
std::optional<std::size_t> cut(std::string_view name) {
  if (name.size() <= tar_field::kName.size) return std::nullopt;
  // The longest prefix: what is left over must fit into the shorter field.
  // Not the slash at the end of a folder: the second field would be empty.
  const auto slash = name.rfind('/', std::min(tar_field::kPrefix.size, name.size() - 2));
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  if (name.size() - slash - 1 > tar_field::kName.size) return std::nullopt;
  return slash;
}

void put_name(std::string& block, std::string_view name, Records& records) {
  if (is_ascii(name) && name.size() <= tar_field::kName.size) {
    put_text(block, tar_field::kName, name);
  } else if (const auto slash = cut(name); slash && is_ascii(name)) {
    put_text(block, tar_field::kPrefix, name.substr(0, *slash));
    put_text(block, tar_field::kName, name.substr(*slash + 1));
  } else {
    records["path"] = name;
    // Cut: what readers show that know no PAX.
    put_text(block, tar_field::kName, is_ascii(name) ? name : "long");
  }
}

void put_short_text(std::string& block, const TarField& field, std::string_view text, const char* key,
                    std::size_t room, Records& records) {
  if (text.size() > room || !is_ascii(text)) {
    records[key] = text;
  } else {
    put_text(block, field, text);
  }
}

void put_number(std::string& block, const TarField& field, std::uint64_t number, const char* key,
                Records& records) {
  if (put_tar_number(block, field, number)) return;
  records[key] = std::to_string(number);
  put_tar_number(block, field, 0);
}

void put_mtime(std::string& block, const TarEntry& entry, Records& records) {
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(entry.mtime, 0));
  const bool fits = put_tar_number(block, tar_field::kMtime, seconds);
  if (!fits) put_tar_number(block, tar_field::kMtime, 0);
  if (!fits || entry.mtime < 0 || entry.mtime_ns != 0) {
    records["mtime"] = pax_time({entry.mtime, entry.mtime_ns});
  }
}

void put_devices(std::string& block, const TarEntry& entry) {
  if (!put_tar_number(block, tar_field::kMajor, entry.device_major) ||
      !put_tar_number(block, tar_field::kMinor, entry.device_minor)) {
    throw std::invalid_argument("device number too large for a tar archive: " + entry.name);
  }
}

std::string new_block(TarType type) {
  std::string block(kTarBlock, '\0');
  put_text(block, tar_field::kMagic, kPosixMagicAndVersion);
  block[tar_field::kType.offset] = static_cast<char>(type);
  return block;
}

std::string pax_header(const Records& records) {
  std::string body;
  for (const auto& [key, value] : records) body += pax_record(key, value);
  if (body.size() > kMaxTarExtension) {
    throw std::invalid_argument("extended attributes of a member are too long for a tar archive");
  }
  std::string block = new_block(static_cast<TarType>('x'));
  put_text(block, tar_field::kName, "PaxHeaders.0/entry");
  put_tar_number(block, tar_field::kMode, 0);
  put_tar_number(block, tar_field::kUid, 0);
  put_tar_number(block, tar_field::kGid, 0);
  put_tar_number(block, tar_field::kSize, body.size());
  put_tar_number(block, tar_field::kMtime, 0);
  seal_tar_block(block);
  return block + body + std::string(tar_padding(body.size()), '\0');
}

void check(const TarEntry& entry, std::string_view name) {
  const auto refuse = [&](const char* reason) { throw std::invalid_argument(entry.name + reason); };
  if (name.empty()) throw std::invalid_argument("a member of a tar archive must have a name");
  if (name.find('\0') != std::string_view::npos || entry.link.find('\0') != std::string::npos) {
    throw std::invalid_argument("the name of a member of a tar archive cannot contain NUL");
  }
  if (name.size() > kMaxTarName || entry.link.size() > kMaxTarName) refuse(": the name is too long");
  if (entry.type != TarType::kFile && entry.size != 0) refuse(": only a file has a size");
  for (const auto& [key, value] : entry.xattrs) {
    if (key.empty() || key.find_first_of({"=\0", 2}) != std::string::npos) {
      refuse(": a tar archive cannot hold the name of its extended attribute");
    }
  }
}

}  // namespace

std::string tar_header(const TarEntry& entry) {
  std::string name = entry.name;
  if (entry.type == TarType::kFolder && !name.empty() && !name.ends_with('/')) name += '/';
  check(entry, name);

  Records records;
  std::string block = new_block(entry.type);
  put_name(block, name, records);
  put_short_text(block, tar_field::kLink, entry.link, "linkpath", tar_field::kLink.size, records);
  // Unlike names and links these must end with a NUL.
  put_short_text(block, tar_field::kUser, entry.user, "uname", tar_field::kUser.size - 1, records);
  put_short_text(block, tar_field::kGroup, entry.group, "gname", tar_field::kGroup.size - 1, records);
  put_tar_number(block, tar_field::kMode, entry.mode & 07777);
  put_number(block, tar_field::kUid, entry.uid, "uid", records);
  put_number(block, tar_field::kGid, entry.gid, "gid", records);
  put_number(block, tar_field::kSize, entry.size, "size", records);
  put_mtime(block, entry, records);
  put_devices(block, entry);
  for (const auto& [key, value] : entry.xattrs) records[std::string(kPaxXattr) + key] = value;
  seal_tar_block(block);
  return records.empty() ? block : pax_header(records) + block;
}

std::string tar_end() {
  return std::string(2 * kTarBlock, '\0');
}

}  // namespace ixian::tar
