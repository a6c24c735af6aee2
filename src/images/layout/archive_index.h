// Where things lie in an uncompressed tar file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "files/fs.h"
#include "oci/digest.h"

namespace ixian::layout {

// Reads the headers of the whole archive once; nothing is unpacked, so that names can do no harm. A name
// twice is refused, since readers differ in which they take. Thread-safe after construction; the file stays
// open, so that it can be replaced meanwhile. Errors are Error{kRegistry} and name the file.
class ArchiveIndex {
 public:
  struct Member {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  ArchiveIndex(const std::string& file, base::Cancellation& cancellation);

  // The file of that name; links, as docker save has them for layers that are there twice, are followed
  // within the archive. nullopt where there is none.
  std::optional<Member> find(const std::string& name) const;

  std::unique_ptr<base::ByteSource> open(const Member& member, std::uint64_t offset = 0) const;

  // The whole of it, nullopt where it is not there. Throws where it is longer than `limit`.
  std::optional<std::string> read(const std::string& name, std::size_t limit) const;

  const std::string& path() const { return path_; }

  // Error{kRegistry}: "The archive /tmp/app.tar cannot be used: " and the reason.
  [[noreturn]] void fail(const std::string& reason, const std::string& context = "") const;

 private:
  void scan();
  void refuse_compressed() const;

  const std::string path_;
  base::Cancellation& cancellation_;
  std::shared_ptr<const files::UniqueFd> fd_;
  std::uint64_t size_ = 0;
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> links_;  // to the name within the archive
};

// The member that holds a blob, as OCI layouts name it.
std::string blob_path(const oci::Digest& digest);

// `name` relative to the folder `base` ("" is the root), with "." and ".." resolved by their spelling.
// nullopt where it leads out of the archive.
std::optional<std::string> archive_path(const std::string& base, const std::string& name);

}  // namespace ixian::layout
