// The tar reader beside libarchive's: an archive that ours takes to its end has the same members, with the
// same content, for the other. No two readers must see two things in one archive. Ours may refuse more.
#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>
#include <vector>

#include "fuzz.h"
#include "tar.h"
#include "tar/reader.h"

namespace {

using namespace ixian;

constexpr std::size_t kEnough = 1 << 20;  // of what a sparse file unpacks to

struct Member {
  std::string name;
  tar::TarType type;
  std::uint32_t mode;
  std::int64_t mtime;
  std::string link;
  std::string content;

  friend bool operator==(const Member&, const Member&) = default;
};
using Members = std::vector<Member>;

// A slash at the end of a name is what old archives mark a folder by; both readers say so by the type.
std::string without_slashes(std::string name) {
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  return name;
}

std::optional<Members> read_ours(const std::string& bytes) {
  base::TextSource source(bytes);
  tar::TarReader reader(source, tar::TarReader::Dialect{.sparse = true, .remains = true});
  Members members;
  std::vector<char> buffer(4096);
  try {
    while (const auto entry = reader.next()) {
      Member member = {without_slashes(entry->name), entry->type, entry->mode, entry->mtime, entry->link, ""};
      if (entry->size > kEnough) return std::nullopt;
      while (const std::size_t count = reader.read(buffer.data(), buffer.size()))
        member.content.append(buffer.data(), count);
      members.push_back(std::move(member));
    }
  } catch (const tar::TarError&) {
    return std::nullopt;
  }
  return members;
}

std::optional<tar::TarType> type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return tar::TarType::kHardLink;
  return tar::tar_type_of(archive_entry_filetype(entry));
}

bool goes_on(int status) {
  return status == ARCHIVE_OK || status == ARCHIVE_WARN;
}

// nullopt where it is no archive to libarchive, or a damaged one.
std::optional<Members> read_theirs(const std::string& bytes) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(reader.get());
  archive_read_set_options(reader.get(), "hdrcharset=BINARY");
  if (!goes_on(archive_read_open_memory(reader.get(), bytes.data(), bytes.size()))) return std::nullopt;
  Members members;
  archive_entry* entry = nullptr;
  int status = 0;
  while (goes_on(status = archive_read_next_header(reader.get(), &entry))) {
    const auto type = type_of(entry);
    if (!type) return std::nullopt;
    const char* link =
        *type == tar::TarType::kHardLink ? archive_entry_hardlink(entry) : archive_entry_symlink(entry);
    Member member = {without_slashes(archive_entry_pathname(entry)),
                     *type,
                     archive_entry_perm(entry) & 07777u,
                     archive_entry_mtime(entry),
                     link == nullptr ? "" : link,
                     ""};
    if (*type == tar::TarType::kFile) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      while (goes_on(status = archive_read_data_block(reader.get(), &block, &size, &offset))) {
        if (static_cast<std::size_t>(offset) + size > kEnough) return std::nullopt;
        member.content.resize(static_cast<std::size_t>(offset), '\0');
        member.content.append(static_cast<const char*>(block), size);
      }
      if (status != ARCHIVE_EOF || archive_entry_size(entry) > static_cast<la_int64_t>(kEnough))
        return std::nullopt;
      member.content.resize(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    }
    members.push_back(std::move(member));
  }
  return status == ARCHIVE_EOF ? std::optional(members) : std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string archive = fuzz::with_checksums(fuzz::text_of(data, size));
  const auto ours = read_ours(archive);
  if (!ours || ours->empty()) return 0;
  const auto theirs = read_theirs(archive);
  if (!theirs) return 0;
  FUZZ_CHECK(*theirs == *ours);
  return 0;
}
