#include "layer/attributes.h"

#include <sys/xattr.h>

#include <cerrno>

#include "layer/confined.h"

namespace ixian::layer {
namespace {

constexpr std::string_view kOverlayPrefixes[] = {"trusted.overlay.", "user.overlay."};

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
  return name == "security.capability" || (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

std::map<std::string, std::string> read_attributes(int fd, std::string_view path) {
  std::map<std::string, std::string> attributes;
  const auto names = whole([&](char* data, std::size_t size) { return ::flistxattr(fd, data, size); });
  if (!names) {
    if (errno == EOPNOTSUPP) return attributes;
    file_error("read the attributes of", path, errno);
  }
  for (std::string_view rest = *names; !rest.empty();) {
    const std::string name(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(name.size() + 1);
    const auto value =
        whole([&](char* data, std::size_t size) { return ::fgetxattr(fd, name.c_str(), data, size); });
    if (value) attributes.emplace(name, *value);
  }
  return attributes;
}

std::map<std::string, std::string> kept_attributes(const std::map<std::string, std::string>& attributes) {
  std::map<std::string, std::string> kept;
  for (const auto& [name, value] : attributes) {
    if (is_kept_attribute(name)) kept.emplace(name, value);
  }
  return kept;
}

std::optional<std::string> overlay_attribute(const std::map<std::string, std::string>& attributes,
                                             std::string_view name) {
  for (const std::string_view prefix : kOverlayPrefixes) {
    const auto found = attributes.find(std::string(prefix) + std::string(name));
    if (found != attributes.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace ixian::layer
