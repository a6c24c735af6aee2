// Whoever may write a file that we act on (a store, certificates, credentials) acts as us. Root may anyway,
// and we ourselves; a sticky directory such as /tmp protects what is in it. In a user namespace owners
// without a number of their own look alike, and whether they may be trusted cannot be told there: so it is
// asked before it is entered, and inside they pass.
//
// Most finds are warnings, each told once; only a store is refused.
#include "files/trust.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"

namespace ixian::files {
namespace {

constexpr uid_t kOverflowUid = 65534;  // stands for every owner that has no number in a user namespace

// Guards the two below. The listener is called without it.
std::mutex mutex;
std::set<std::string> told;
std::function<void(const std::string&)> listener_of_all;

bool in_user_namespace() {
  std::string map;
  try {
    map = read_file("/proc/self/uid_map").value_or("");
  } catch (const base::Error&) {
    return false;
  }
  return map.find("4294967295") == std::string::npos;
}

}  // namespace

std::string why_untrusted(const std::string& path, std::initializer_list<uid_t> others) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return "";
  const bool device = !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
  // /dev/null may be written to by everybody.
  if (device) return "";
  const bool own = status.st_uid == 0 || status.st_uid == ::geteuid() ||
                   std::find(others.begin(), others.end(), status.st_uid) != others.end();
  if (!own && !(status.st_uid == kOverflowUid && in_user_namespace())) {
    return fmt::format("{} belongs to user {}, who is neither you nor root and controls its content",
                       base::printable_path(path), status.st_uid);
  }
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & S_IWOTH) == 0 || sticky) return "";
  return fmt::format("everybody may write to {} (mode {:o})", base::printable_path(path),
                     status.st_mode & 07777);
}

void warn_if_untrusted(const std::string& path, std::initializer_list<uid_t> others) {
  const std::string sentence = why_untrusted(path, others);
  if (sentence.empty()) return;
  std::function<void(const std::string&)> listener;
  {
    const std::lock_guard lock(mutex);
    if (!listener_of_all || !told.insert(path).second) return;
    listener = listener_of_all;
  }
  listener(sentence);
}

std::optional<std::string> read_credentials_file(const std::string& path) {
  warn_if_untrusted(path);
  return read_file(path);
}

void listen_for_untrusted(std::function<void(const std::string& sentence)> listener) {
  const std::lock_guard lock(mutex);
  listener_of_all = std::move(listener);
}

}  // namespace ixian::files
