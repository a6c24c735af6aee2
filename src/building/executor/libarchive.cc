// libarchive, loaded when it is first used: it brings libxml2, ICU and six compression libraries, which take
// 2 ms of each start of ix, and only what unpacks an archive needs it.
//
// These are the functions of libarchive that this folder calls, under their own names; what is not here
// cannot be linked.
#include <archive.h>
#include <archive_entry.h>

#include "base/late_library.h"

namespace ixian::executor {
namespace {

constexpr base::DynamicLibrary kArchiveLibrary("libarchive.so.13", "libarchive13",
                                               "unpacking an archive needs");

}  // namespace
}  // namespace ixian::executor

#define IXIAN_ARCHIVE_FUNCTION(result, name, parameters, arguments) \
  IXIAN_LATE_FUNCTION(ixian::executor::kArchiveLibrary, result, name, parameters, arguments)

extern "C" {

IXIAN_ARCHIVE_FUNCTION(archive*, archive_read_new, (), ())
IXIAN_ARCHIVE_FUNCTION(int, archive_read_support_filter_bzip2, (archive * reader), (reader))
IXIAN_ARCHIVE_FUNCTION(int, archive_read_support_filter_gzip, (archive * reader), (reader))
IXIAN_ARCHIVE_FUNCTION(int, archive_read_support_filter_lzma, (archive * reader), (reader))
IXIAN_ARCHIVE_FUNCTION(int, archive_read_support_filter_xz, (archive * reader), (reader))
IXIAN_ARCHIVE_FUNCTION(int, archive_read_support_filter_zstd, (archive * reader), (reader))
IXIAN_ARCHIVE_FUNCTION(int, archive_read_support_format_tar, (archive * reader), (reader))
IXIAN_ARCHIVE_FUNCTION(int, archive_read_open_fd, (archive * reader, int fd, std::size_t block),
                       (reader, fd, block))
IXIAN_ARCHIVE_FUNCTION(int, archive_read_next_header, (archive * reader, archive_entry** entry),
                       (reader, entry))
IXIAN_ARCHIVE_FUNCTION(la_ssize_t, archive_read_data, (archive * reader, void* buffer, std::size_t size),
                       (reader, buffer, size))
IXIAN_ARCHIVE_FUNCTION(la_int64_t, archive_filter_bytes, (archive * reader, int filter), (reader, filter))
IXIAN_ARCHIVE_FUNCTION(int, archive_format, (archive * reader), (reader))
IXIAN_ARCHIVE_FUNCTION(const char*, archive_error_string, (archive * reader), (reader))
IXIAN_ARCHIVE_FUNCTION(int, archive_read_free, (archive * reader), (reader))

IXIAN_ARCHIVE_FUNCTION(__LA_MODE_T, archive_entry_filetype, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(__LA_MODE_T, archive_entry_perm, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(la_int64_t, archive_entry_uid, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(la_int64_t, archive_entry_gid, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(time_t, archive_entry_mtime, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(long, archive_entry_mtime_nsec, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(dev_t, archive_entry_rdevmajor, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(dev_t, archive_entry_rdevminor, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(const char*, archive_entry_pathname, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(const char*, archive_entry_pathname_utf8, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(const char*, archive_entry_symlink, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(const char*, archive_entry_symlink_utf8, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(const char*, archive_entry_hardlink, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(const char*, archive_entry_hardlink_utf8, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(int, archive_entry_xattr_reset, (archive_entry * entry), (entry))
IXIAN_ARCHIVE_FUNCTION(int, archive_entry_xattr_next,
                       (archive_entry * entry, const char** name, const void** value, std::size_t* size),
                       (entry, name, value, size))

}  // extern "C"
