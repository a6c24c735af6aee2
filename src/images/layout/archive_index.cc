// An archive is read once for the places of its members, and then at any place in any order. It comes from
// others: names are made relative and may not climb out, links may lead to members only, a name that is there
// twice is refused since readers differ in which counts, and memory is bounded.
#include "layout/archive_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "layout/file_io.h"
#include "tar/reader.h"

namespace ixian::layout {
namespace {

constexpr std::size_t kMaxMembers = 100'000;
constexpr std::size_t kMaxBytesOfNames = 64 << 20;  // of all names together
constexpr int kMaxLinks = 8;                        // one after the other

// A file read from the start, over parts of which one may jump.
class FileCursor : public base::ByteSource {
 public:
  using Open = std::function<std::unique_ptr<base::ByteSource>(std::uint64_t offset)>;

  FileCursor(Open open, std::uint64_t size) : open_(std::move(open)), size_(size), source_(open_(0)) {}

  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = source_->read(buffer, size);
    position_ += count;
    return count;
  }

  bool skip(std::uint64_t count) {
    if (count > size_ - position_) return false;
    position_ += count;
    source_ = open_(position_);
    return true;
  }

 private:
  Open open_;
  const std::uint64_t size_;
  std::uint64_t position_ = 0;
  std::unique_ptr<base::ByteSource> source_;
};

std::string folder_in_archive(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

}  // namespace

std::string blob_path(const oci::Digest& digest) {
  return fmt::format("blobs/{}/{}", digest.algorithm(), digest.hex());
}

std::optional<std::string> archive_path(const std::string& base, const std::string& name) {
  // A link to "/x" means the archive's root, wherever the link lies.
  if (name.starts_with('/') && !base.empty()) return archive_path("", name);
  const std::string joined = base + "/" + name;
  std::vector<std::string_view> parts;
  for (std::string_view part : base::split(joined, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  if (parts.empty()) return std::nullopt;
  return base::join(parts, "/");
}

ArchiveIndex::ArchiveIndex(const std::string& file, base::Cancellation& cancellation)
    : path_(file), cancellation_(cancellation) {
  OpenFile opened = open_for_reading(file);
  if (!opened.fd.valid()) {
    throw base::Error(base::ErrorCode::kRegistry, fmt::format("{} not found\nhint: check the archive's name",
                                                              base::printable_path(file)));
  }
  size_ = opened.size;
  fd_ = std::make_shared<const files::UniqueFd>(std::move(opened.fd));
  refuse_compressed();
  try {
    scan();
  } catch (const tar::TarError& error) {
    fail(error.what());
  }
}

void ArchiveIndex::refuse_compressed() const {
  using namespace std::string_view_literals;
  static constexpr std::pair<std::string_view, const char*> kKinds[] = {{"\x1f\x8b"sv, "gunzip"},
                                                                        {"\x28\xb5\x2f\xfd"sv, "unzstd"},
                                                                        {"\xfd"
                                                                         "7zXZ\0"sv,
                                                                         "unxz"},
                                                                        {"BZh"sv, "bunzip2"}};
  char start[6] = {};
  const auto source = open({0, size_});
  const std::string_view bytes(start, source->read(start, sizeof(start)));
  for (const auto& [magic, program] : kKinds) {
    if (bytes.starts_with(magic))
      fail(fmt::format("it is compressed\nhint: unpack it first, with {}", program));
  }
}

void ArchiveIndex::scan() {
  FileCursor cursor([this](std::uint64_t offset) { return open({0, size_}, offset); }, size_);
  tar::TarReader reader(cursor, [&](std::uint64_t count) { return cursor.skip(count); });
  std::size_t name_bytes = 0;
  while (const auto entry = reader.next()) {
    if (entry->type == tar::TarType::kFolder) continue;
    const auto name = archive_path("", entry->name);
    // Names that nobody can ask for.
    if (!name) continue;
    name_bytes += name->size() + entry->link.size();
    if (members_.size() + links_.size() >= kMaxMembers || name_bytes > kMaxBytesOfNames) {
      fail("it has too many members");
    }
    if (members_.contains(*name) || links_.contains(*name)) {
      fail(fmt::format("duplicate member {}", base::printable_path(*name)));
    }
    if (entry->type == tar::TarType::kFile) {
      members_[*name] = {reader.offset(), entry->size};
    } else if (entry->type == tar::TarType::kSymlink || entry->type == tar::TarType::kHardLink) {
      // A hard link's target is a name in the archive; that of a symbolic link begins at the link's folder.
      // `docker save` once wrote layers that images share as links.
      const bool relative = entry->type == tar::TarType::kSymlink;
      const auto target = archive_path(relative ? folder_in_archive(*name) : "", entry->link);
      // A link that leads out is kept, as one to nothing: its name is taken.
      links_[*name] = target.value_or("");
    }
  }
}

std::optional<ArchiveIndex::Member> ArchiveIndex::find(const std::string& name) const {
  auto path = archive_path("", name);
  if (!path) return std::nullopt;
  // Links may lead to links, and to members that come later, so they are followed only when asked for.
  for (int hop = 0; hop <= kMaxLinks; ++hop) {
    if (const auto member = members_.find(*path); member != members_.end()) return member->second;
    const auto link = links_.find(*path);
    if (link == links_.end()) return std::nullopt;
    *path = link->second;
  }
  fail(fmt::format("the link {} refers to itself", base::printable_path(name)));
}

std::unique_ptr<base::ByteSource> ArchiveIndex::open(const Member& member, std::uint64_t offset) const {
  offset = std::min(offset, member.size);
  return read_range(fd_, path_, member.offset + offset, member.size - offset, cancellation_);
}

std::optional<std::string> ArchiveIndex::read(const std::string& name, std::size_t limit) const {
  const auto member = find(name);
  if (!member) return std::nullopt;
  const std::string what = fmt::format("{} in {}", base::printable_path(name), base::printable_path(path_));
  const auto source = open(*member);
  return base::read_all(*source, limit, what);
}

void ArchiveIndex::fail(const std::string& reason, const std::string& context) const {
  throw base::Error(base::ErrorCode::kRegistry,
                    fmt::format("cannot use archive {}: {}", base::printable_path(path_), reason), context);
}

}  // namespace ixian::layout
