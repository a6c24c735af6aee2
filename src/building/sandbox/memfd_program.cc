// A runtime whose file a container could overwrite through /proc/self/exe (CVE-2019-5736) protects itself by
// running from a sealed copy, made anew at each start. Made once here, it saves every RUN that copy: a
// runtime that finds itself sealed goes on at once. Where that cannot be done, it is started as it is, and
// makes its own.
#include "sandbox/memfd_program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <string_view>

#include "files/fs.h"

namespace ixian::sandbox {
namespace {

// What crun and runc ask for, these and no others.
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

bool is_plain_program(int fd, struct stat& info) {
  char magic[4] = {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & (S_ISUID | S_ISGID)) == 0 &&
         ::fgetxattr(fd, "security.capability", nullptr, 0) < 0 &&
         ::pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
         std::string_view(magic, sizeof(magic)) ==
             "\x7f"
             "ELF";
}

files::UniqueFd seal(const std::string& file) {
  const files::UniqueFd from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info;
  if (!from.valid() || !is_plain_program(from.get(), info)) return {};
  files::UniqueFd to(::memfd_create("runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!to.valid()) return {};
  for (off_t done = 0; done < info.st_size;) {
    if (::sendfile(to.get(), from.get(), &done, static_cast<std::size_t>(info.st_size - done)) <= 0)
      return {};
  }
  if (::fchmod(to.get(), 0700) != 0 || ::fcntl(to.get(), F_ADD_SEALS, kSeals) != 0) return {};
  return to;
}

}  // namespace

int memfd_program(const std::string& file) {
  static std::mutex mutex;
  static std::map<std::string, files::UniqueFd> sealed;
  const std::lock_guard lock(mutex);
  const auto found = sealed.find(file);
  if (found != sealed.end()) return found->second.get();
  return sealed.emplace(file, seal(file)).first->second.get();
}

}  // namespace ixian::sandbox
