// libarchive, loaded when it is first used: it brings libxml2, ICU and six compression libraries, which take
// 2 ms of each start of ix, and only an ADD of an archive needs it.
//
// These are the functions of libarchive that this folder calls, under their own names; what is not here
// cannot be linked.
#include <archive.h>
#include <archive_entry.h>

#include "base/late_library.h"

namespace ixian::engine {
namespace {

constexpr base::LateLibrary kArchiveLibrary("libarchive.so.13", "libarchive13", "ADD of an archive needs");

}  // namespace
}  // namespace ixian::engine

// A function of the library that takes one archive, or one entry.
#define IXIAN_ARCHIVE_CALL(result, name, type)        \
  result(name)(type of) {                             \
    IXIAN_LATE(ixian::engine::kArchiveLibrary, name); \
    return real(of);                                  \
  }

extern "C" {

archive*(archive_read_new)() {
  IXIAN_LATE(ixian::engine::kArchiveLibrary, archive_read_new);
  return real();
}
IXIAN_ARCHIVE_CALL(int, archive_read_support_filter_bzip2, archive*)
IXIAN_ARCHIVE_CALL(int, archive_read_support_filter_gzip, archive*)
IXIAN_ARCHIVE_CALL(int, archive_read_support_filter_lzma, archive*)
IXIAN_ARCHIVE_CALL(int, archive_read_support_filter_xz, archive*)
IXIAN_ARCHIVE_CALL(int, archive_read_support_filter_zstd, archive*)
IXIAN_ARCHIVE_CALL(int, archive_read_support_format_tar, archive*)
int(archive_read_open_fd)(archive* reader, int fd, std::size_t block) {
  IXIAN_LATE(ixian::engine::kArchiveLibrary, archive_read_open_fd);
  return real(reader, fd, block);
}
int(archive_read_next_header)(archive* reader, archive_entry** entry) {
  IXIAN_LATE(ixian::engine::kArchiveLibrary, archive_read_next_header);
  return real(reader, entry);
}
la_ssize_t(archive_read_data)(archive* reader, void* buffer, std::size_t size) {
  IXIAN_LATE(ixian::engine::kArchiveLibrary, archive_read_data);
  return real(reader, buffer, size);
}
la_int64_t(archive_filter_bytes)(archive* reader, int filter) {
  IXIAN_LATE(ixian::engine::kArchiveLibrary, archive_filter_bytes);
  return real(reader, filter);
}
IXIAN_ARCHIVE_CALL(int, archive_format, archive*)
IXIAN_ARCHIVE_CALL(const char*, archive_error_string, archive*)
IXIAN_ARCHIVE_CALL(int, archive_read_free, archive*)

IXIAN_ARCHIVE_CALL(__LA_MODE_T, archive_entry_filetype, archive_entry*)
IXIAN_ARCHIVE_CALL(__LA_MODE_T, archive_entry_perm, archive_entry*)
IXIAN_ARCHIVE_CALL(la_int64_t, archive_entry_uid, archive_entry*)
IXIAN_ARCHIVE_CALL(la_int64_t, archive_entry_gid, archive_entry*)
IXIAN_ARCHIVE_CALL(time_t, archive_entry_mtime, archive_entry*)
IXIAN_ARCHIVE_CALL(long, archive_entry_mtime_nsec, archive_entry*)
IXIAN_ARCHIVE_CALL(dev_t, archive_entry_rdevmajor, archive_entry*)
IXIAN_ARCHIVE_CALL(dev_t, archive_entry_rdevminor, archive_entry*)
IXIAN_ARCHIVE_CALL(const char*, archive_entry_pathname, archive_entry*)
IXIAN_ARCHIVE_CALL(const char*, archive_entry_pathname_utf8, archive_entry*)
IXIAN_ARCHIVE_CALL(const char*, archive_entry_symlink, archive_entry*)
IXIAN_ARCHIVE_CALL(const char*, archive_entry_symlink_utf8, archive_entry*)
IXIAN_ARCHIVE_CALL(const char*, archive_entry_hardlink, archive_entry*)
IXIAN_ARCHIVE_CALL(const char*, archive_entry_hardlink_utf8, archive_entry*)
IXIAN_ARCHIVE_CALL(int, archive_entry_xattr_reset, archive_entry*)
int(archive_entry_xattr_next)(archive_entry* entry, const char** name, const void** value,
                              std::size_t* size) {
  IXIAN_LATE(ixian::engine::kArchiveLibrary, archive_entry_xattr_next);
  return real(entry, name, value, size);
}

}  // extern "C"
