// overlayfs keeps notes in attributes of its own, and escapes those of a user that look like them: on the
// disk "trusted.overlay.overlay.x" is what a mount shows as "trusted.overlay.x". An image keeps user.* and
// file capabilities; all else is of a machine (SELinux's labels, access lists of its users) and stays there.
#include "layer_files/attributes.h"

#include <sys/xattr.h>

#include <cerrno>

#include "layer/confined.h"

namespace ixian::layer_files {
namespace {

constexpr std::string_view kEscape = "overlay.";

std::string_view prefix_of(Marks marks) {
  return marks == Marks::kTrusted ? "trusted.overlay." : marks == Marks::kUser ? "user.overlay." : "";
}

// What an attribute is called in the mounted tree; "" for overlayfs's own.
std::string plain_name(std::string_view on_disk, Marks marks) {
  const std::string_view prefix = prefix_of(marks);
  if (prefix.empty() || !on_disk.starts_with(prefix)) return std::string(on_disk);
  const std::string_view rest = on_disk.substr(prefix.size());
  return rest.starts_with(kEscape) ? std::string(prefix) + std::string(rest.substr(kEscape.size())) : "";
}

// Asks for a size first, then for the content, again where it has grown in between.
template <typename Ask>
std::optional<std::string> whole(Ask ask) {
  while (true) {
    const ssize_t size = ask(nullptr, 0);
    if (size < 0) return std::nullopt;
    std::string text(static_cast<std::size_t>(size), '\0');
    if (size == 0) return text;
    const ssize_t count = ask(text.data(), text.size());
    if (count < 0 && errno == ERANGE) continue;
    if (count < 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(count));
    return text;
  }
}

}  // namespace

bool is_kept_attribute(std::string_view name) {
  return name == "security.capability" || name.starts_with("user.");
}

std::string attribute_on_disk(std::string_view name, Marks marks) {
  const std::string_view prefix = prefix_of(marks);
  if (prefix.empty() || !name.starts_with(prefix)) return std::string(name);
  return std::string(prefix) + std::string(kEscape) + std::string(name.substr(prefix.size()));
}

std::map<std::string, std::string> read_attributes(int fd, std::string_view path) {
  std::map<std::string, std::string> attributes;
  const auto names = whole([&](char* data, std::size_t size) { return ::flistxattr(fd, data, size); });
  if (!names) {
    if (errno == EOPNOTSUPP) return attributes;
    layer::file_error("read the attributes of", path, errno);
  }
  for (std::string_view rest = *names; !rest.empty();) {
    const std::string name(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(name.size() + 1);
    const auto value =
        whole([&](char* data, std::size_t size) { return ::fgetxattr(fd, name.c_str(), data, size); });
    // One that is gone by now is none.
    if (value) attributes.emplace(name, *value);
  }
  return attributes;
}

std::map<std::string, std::string> kept_attributes(const std::map<std::string, std::string>& on_disk,
                                                   Marks marks) {
  std::map<std::string, std::string> kept;
  for (const auto& [name, value] : on_disk) {
    std::string plain = plain_name(name, marks);
    if (is_kept_attribute(plain)) kept.emplace(std::move(plain), value);
  }
  return kept;
}

std::optional<std::string> overlay_attribute(const std::map<std::string, std::string>& on_disk,
                                             std::string_view name, Marks marks) {
  if (marks == Marks::kNone) return std::nullopt;
  const auto found = on_disk.find(std::string(prefix_of(marks)) + std::string(name));
  return found == on_disk.end() ? std::nullopt : std::optional(found->second);
}

bool is_foreign_attribute(std::string_view on_disk, Marks marks) {
  const std::string plain = plain_name(on_disk, marks);
  return !plain.empty() && !is_kept_attribute(plain);
}

}  // namespace ixian::layer_files
