// Names of --chown and of USER in an image's files, by a view and not by a mount: a COPY needs no root file
// system. The rules are those of BuildKit: --chown=user takes the user's group, and a number alone stands for
// both.
#include "executor/chown.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace ixian::executor {
namespace {

// A passwd longer than this is no passwd.
constexpr std::size_t kLargestFile = 4 << 20;

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == UINT32_MAX) return std::nullopt;
  return value;
}

std::string read_file(const context::FileView& image, const std::string& path) {
  const std::string real = context::resolve_path(image, path, true);
  const auto entry = image.find(real);
  if (!entry || entry->type != tar::TarType::kFile) return "";
  const files::UniqueFd fd = image.open(real);
  std::string text;
  char buffer[16384];
  ssize_t count = 0;
  while (text.size() < kLargestFile && (count = ::read(fd.get(), buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

// The lines of such a file, each as its fields; only those with at least `least` of them.
std::vector<std::vector<std::string>> records(const context::FileView& image, const std::string& path,
                                              std::size_t least) {
  std::vector<std::vector<std::string>> all;
  const std::string text = read_file(image, path);
  for (std::string_view line : base::split(text, '\n')) {
    line = base::trim(line);
    if (line.empty() || line.front() == '#') continue;
    const auto fields = base::split(line, ':');
    if (fields.size() >= least) all.emplace_back(fields.begin(), fields.end());
  }
  return all;
}

std::optional<Owner> find_user(const context::FileView& image, std::string_view text) {
  const auto wanted = number(text);
  for (const auto& fields : records(image, "etc/passwd", 4)) {
    const auto uid = number(fields[2]);
    const auto gid = number(fields[3]);
    if (uid && gid && (fields[0] == text || (wanted && *wanted == *uid))) return Owner{*uid, *gid};
  }
  return std::nullopt;
}

std::uint32_t find_group(const context::FileView& image, std::string_view text) {
  for (const auto& fields : records(image, "etc/group", 3)) {
    if (fields[0] != text) continue;
    if (const auto gid = number(fields[2])) return *gid;
  }
  if (const auto gid = number(text)) return *gid;
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("group \"{}\" not found in the image's /etc/group\nhint: create it with RUN "
                                "first, or use a numeric id",
                                text));
}

// A number that number() refuses is none that a file can have.
void check_size(std::string_view text, const char* what) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos || number(text)) return;
  throw base::Error(base::ErrorCode::kTaskFailed, fmt::format("invalid {} id {}: too large", what, text));
}

[[noreturn]] void no_user(std::string_view name) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("user \"{}\" not found in the image's /etc/passwd\nhint: create it with RUN "
                                "first, or use a numeric id",
                                name));
}

}  // namespace

Owner parse_chown(std::string_view text, const context::FileView& image) {
  const std::size_t colon = text.find(':');
  const std::string_view user = text.substr(0, colon);
  const std::string_view group = colon == std::string_view::npos ? user : text.substr(colon + 1);
  Owner owner;
  check_size(user, "user");
  check_size(group, "group");
  if (const auto uid = number(user)) {
    owner.uid = *uid;
  } else if (!user.empty()) {
    const auto found = find_user(image, user);
    if (!found) no_user(user);
    owner.uid = found->uid;
    if (colon == std::string_view::npos) return *found;
  }
  if (!group.empty()) {
    const auto gid = number(group);
    owner.gid = gid ? *gid : find_group(image, group);
  }
  return owner;
}

Owner parse_user(std::string_view text, const context::FileView& image) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  Owner owner;
  check_size(name, "user");
  if (colon != std::string_view::npos) check_size(text.substr(colon + 1), "group");
  if (!name.empty()) {
    const auto uid = number(name);
    const auto found = find_user(image, name);
    if (!found && !uid) no_user(name);
    owner = found ? *found : Owner{*uid, 0};
  }
  if (colon != std::string_view::npos && colon + 1 < text.size())
    owner.gid = find_group(image, text.substr(colon + 1));
  return owner;
}

}  // namespace ixian::executor
