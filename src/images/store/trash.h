// Removing what is large: out of sight in one step, then piece by piece.
#pragma once

#include <cstdint>
#include <string>

namespace ixian::store {

// A folder in which everything may be removed by anybody at any time.
class Trash {
 public:
  explicit Trash(std::string folder) : folder_(std::move(folder)) {}

  // Renames a file or folder of the same file system into the trash; false where it is not there. Throws
  // Error{kRegistry}.
  bool take(const std::string& path) const;

  // Removes all that is in it; returns how many bytes on disk that were. What cannot be removed stays, and
  // what others remove meanwhile is no error. Never throws.
  std::uint64_t empty() const noexcept;

 private:
  const std::string folder_;
};

// Bytes on disk of a file, or of a folder with all below it that is on its file system; a file with several
// links counts once. What cannot be looked at counts nothing.
std::uint64_t disk_usage(const std::string& path) noexcept;

}  // namespace ixian::store
