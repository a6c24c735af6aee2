// Extended attributes of files: which belong to an image, and which to overlayfs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ixian::layer {

// Those that layers hold: security.capability, and user.* but for overlayfs's own.
bool is_kept_attribute(std::string_view name);

// All attributes of an open file or folder. Empty where the file system has none. Throws Error{kTaskFailed};
// `path` is for messages.
std::map<std::string, std::string> read_attributes(int fd, std::string_view path);

// Those that layers hold.
std::map<std::string, std::string> kept_attributes(const std::map<std::string, std::string>& attributes);

// "y" of trusted.overlay.opaque or user.overlay.opaque for `name` "opaque"; nullopt where neither is there.
std::optional<std::string> overlay_attribute(const std::map<std::string, std::string>& attributes,
                                             std::string_view name);

}  // namespace ixian::layer
