// USER and --chown in an image's own files, as Docker reads them: names before numbers, and the first line
// that fits. The files are the image's, so they are opened inside of it, and bounded; a line that cannot be
// read is passed over.
#include "rootfs/passwd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "rootfs/resolve_in_root.h"

namespace ixian::rootfs {
namespace {

constexpr std::size_t kMostBytes = 16u << 20;
constexpr std::size_t kMostGroups = 65536;  // NGROUPS_MAX

[[noreturn]] void fail_users(std::string message) {
  throw base::Error(base::ErrorCode::kTaskFailed, std::move(message));
}

// "" where there is no such file.
std::string read_inside(const std::string& root, std::string_view path) {
  const files::UniqueFd root_fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_fd.valid()) {
    fail_users(fmt::format("cannot open {}: {}", base::printable_path(root), base::errno_text(errno)));
  }
  const ConfinedPath where = resolve_in_root(root_fd.get(), path);
  if (!where.missing.empty()) return "";
  const files::UniqueFd file = open_inside(root_fd.get(), where, O_RDONLY | O_NONBLOCK);
  struct stat info;
  if (!file.valid() || ::fstat(file.get(), &info) != 0) {
    fail_users(fmt::format("cannot read /{} of the image: {}", path, base::errno_text(errno)));
  }
  if (!S_ISREG(info.st_mode)) fail_users(fmt::format("/{} of the image is not a file", path));
  std::string text;
  std::string buffer(64 * 1024, '\0');
  ssize_t got = 0;
  while ((got = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer, 0, static_cast<std::size_t>(got));
    if (text.size() > kMostBytes) {
      fail_users(fmt::format("/{} of the image is larger than 16 MiB\nhint: use numeric ids", path));
    }
  }
  return text;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The last one means "leave as it is" to chown(2) and setuid(2).
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value == UINT32_MAX) {
    return std::nullopt;
  }
  return value;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct PasswdLine {
  std::string name;
  uid_t uid;
  gid_t gid;
  std::string home;
};

// The first line that is `who` by name, or else by number, as Docker looks.
std::optional<PasswdLine> find_passwd(const std::string& root, std::string_view who) {
  const std::string text = read_inside(root, "etc/passwd");
  const auto wanted = number(who);
  std::optional<PasswdLine> by_number;
  for (std::string_view line : base::split(text, '\n')) {
    const auto fields = base::split(line, ':');
    if (fields.size() < 4) continue;
    const auto uid = number(fields[2]);
    const auto gid = number(fields[3]);
    if (!uid || !gid) continue;
    PasswdLine found{std::string(fields[0]), *uid, *gid, fields.size() > 5 ? std::string(fields[5]) : ""};
    if (fields[0] == who) return found;
    if (wanted && *uid == *wanted && !by_number) by_number = std::move(found);
  }
  return by_number;
}

gid_t group_of(const std::string& root, std::string_view who) {
  const std::string text = read_inside(root, "etc/group");
  for (std::string_view line : base::split(text, '\n')) {
    const auto fields = base::split(line, ':');
    if (fields.size() < 3 || fields[0] != who) continue;
    if (const auto gid = number(fields[2])) return *gid;
  }
  if (const auto gid = number(who)) return *gid;
  if (all_digits(who)) fail_users(fmt::format("invalid group id {}: too large", who));
  fail_users(fmt::format("group \"{}\" not found in the image's /etc/group\nhint: use a numeric id",
                         base::printable_path(who)));
}

std::vector<gid_t> groups_with(const std::string& root, const std::string& name, gid_t primary) {
  const std::string text = read_inside(root, "etc/group");
  std::vector<gid_t> groups;
  for (std::string_view line : base::split(text, '\n')) {
    const auto fields = base::split(line, ':');
    if (fields.size() < 4) continue;
    const auto gid = number(fields[2]);
    if (!gid || *gid == primary || groups.size() == kMostGroups) continue;
    const auto members = base::split(fields[3], ',');
    if (std::find(members.begin(), members.end(), name) != members.end()) groups.push_back(*gid);
  }
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

}  // namespace

FoundUser find_user(const std::string& root, std::string_view text) {
  const std::size_t colon = text.find(':');
  std::string_view who = text.substr(0, colon);
  if (who.empty()) who = "0";

  FoundUser result;
  result.home = "/";
  const auto line = find_passwd(root, who);
  if (line) {
    result.user.uid = line->uid;
    result.user.gid = line->gid;
    if (!line->home.empty()) result.home = line->home;
  } else if (const auto uid = number(who)) {
    result.user.uid = *uid;
  } else if (all_digits(who)) {
    fail_users(fmt::format("invalid user id {}: too large", who));
  } else {
    fail_users(fmt::format("user \"{}\" not found in the image's /etc/passwd\nhint: use a numeric id",
                           base::printable_path(who)));
  }
  // A group that is named stands alone: other groups of the user do not count then.
  if (colon != std::string_view::npos && colon + 1 < text.size()) {
    result.user.gid = group_of(root, text.substr(colon + 1));
  } else if (line) {
    result.user.groups = groups_with(root, line->name, result.user.gid);
  }
  return result;
}

gid_t find_group(const std::string& root, std::string_view text) {
  return group_of(root, text);
}

}  // namespace ixian::rootfs
