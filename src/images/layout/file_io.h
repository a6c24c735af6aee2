// Files of images: errors that name them, reading where they lie, writes that are durable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "files/fs.h"

namespace ixian::layout {

// "Cannot write /srv/images/index.json: No space left on device. Free some space there." Error{kTaskFailed}
// where there is no room, else Error{kRegistry}.
[[noreturn]] void file_error(std::string_view action, const std::string& path, int error_number);

// A regular file for reading, with its size; an invalid descriptor where there is none. Throws file_error
// for anything else, and never waits for whoever holds the other end of a FIFO.
struct OpenFile {
  files::UniqueFd fd;
  std::uint64_t size = 0;
};
OpenFile open_for_reading(const std::string& path);

// The whole file, nullopt where there is none. Throws Error{kRegistry} where it is longer than `limit`.
std::string read_whole(const OpenFile& file, const std::string& path, std::size_t limit);
std::optional<std::string> read_whole(const std::string& path, std::size_t limit);

// The size of a regular file, nullopt where there is none.
std::optional<std::uint64_t> file_size(const std::string& path);

// `size` bytes of an open file from `offset` on, by pread. The descriptor is shared, so that a file that has
// been replaced meanwhile is read to its end. Throws Error{kRegistry} where the file turns out to be shorter,
// Cancelled.
std::unique_ptr<base::ByteSource> read_range(std::shared_ptr<const files::UniqueFd> fd,
                                             const std::string& path, std::uint64_t offset,
                                             std::uint64_t size, base::Cancellation& cancellation);

// The descriptor, `path` being for messages only.
void write_at(int fd, std::string_view bytes, std::uint64_t offset, const std::string& path);

// fsync(2) of a file, or of a folder: then what has been renamed in it stays renamed.
void sync_file(int fd, const std::string& path);
void sync_folder(const std::string& path);

// Like `mkdir -p`, durably.
void make_folders(const std::string& path);

// The folder that a path lies in: "." for a bare name.
std::string folder_of(const std::string& path);

}  // namespace ixian::layout
