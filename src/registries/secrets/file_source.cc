// A file as Kubernetes and Docker mount secrets: its content without the last line's end. It is read into a
// buffer that never grows and is wiped, so that no copy is left in memory that others get.
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "secrets/local_sources.h"

namespace ixian::secrets {
namespace {

constexpr std::size_t kLargest = 1 << 20;  // no secret is longer; a disk image named by mistake is

[[noreturn]] void fail_file(const std::string& path, const std::string& what) {
  throw base::Error(base::ErrorCode::kRegistry, fmt::format("{} {}", base::printable_path(path), what));
}

// One more byte than is allowed, so that the buffer never grows out of memory that holds a secret.
std::string read_whole(const std::string& path) {
  const files::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() && errno == ENOENT)
    fail_file(path, "does not exist\nhint: create it, or correct the reference");
  if (!file.valid()) fail_file(path, fmt::format("cannot be read: {}", base::errno_text(errno)));
  struct stat info = {};
  if (::fstat(file.get(), &info) == 0 && S_ISDIR(info.st_mode)) fail_file(path, "is a directory");
  std::string content;
  content.reserve(kLargest + 1);
  std::array<char, 4096> buffer;
  while (content.size() <= kLargest) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_file(path, fmt::format("cannot be read: {}", base::errno_text(errno)));
    if (got == 0) break;
    content.append(buffer.data(), std::min(static_cast<std::size_t>(got), kLargest + 1 - content.size()));
  }
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return content;
}

}  // namespace

base::Secret load_from_file(const std::string& path, const aws::Environment& environment) {
  const bool at_home = path.starts_with("~/");
  if (at_home && environment.home.empty())
    fail_file(path, "cannot be found: no home directory\nhint: set HOME");
  const std::string full = at_home ? environment.home + path.substr(1) : path;
  std::string content = read_whole(full);
  const bool too_large = content.size() > kLargest;
  // Editors put it there.
  if (content.ends_with('\n')) content.pop_back();
  const base::Secret secret{std::string(content)};
  base::wipe(content);
  if (too_large) fail_file(full, fmt::format("is larger than {} bytes, too large for a secret", kLargest));
  if (secret.empty()) fail_file(full, "is empty");
  return secret;
}

}  // namespace ixian::secrets
