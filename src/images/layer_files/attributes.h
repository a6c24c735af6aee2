// Extended attributes of files: which belong to an image, and which to overlayfs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ixian::layer_files {

// Overlayfs keeps its marks in attributes of the files in its upper and lower directories, with a prefix that
// depends on who has mounted it. There it writes the ordinary attributes that begin so with a second
// "overlay." ("user.overlay.overlay.x" is what a command has set as "user.overlay.x"). Those with the other
// prefix are ordinary, as all are in a plain tree: a command can set them.
enum class Marks {
  kNone,     // a plain tree
  kTrusted,  // trusted.overlay.*: mounted by root
  kUser,     // user.overlay.*: mounted with `userxattr`
};

// Those that layers hold: security.capability and user.*.
bool is_kept_attribute(std::string_view name);

// How a file of such a tree has an attribute of an image.
std::string attribute_on_disk(std::string_view name, Marks marks);

// All attributes of an open file or folder. Empty where the file system has none. Throws Error{kTaskFailed};
// `path` is for messages.
std::map<std::string, std::string> read_attributes(int fd, std::string_view path);

// Those that layers hold, by their names there.
std::map<std::string, std::string> kept_attributes(const std::map<std::string, std::string>& on_disk,
                                                   Marks marks = Marks::kNone);

// Overlayfs's own attribute "opaque", "whiteout", …; nullopt where it is not there.
std::optional<std::string> overlay_attribute(const std::map<std::string, std::string>& on_disk,
                                             std::string_view name, Marks marks);

// Neither an attribute that layers hold nor one of overlayfs's.
bool is_foreign_attribute(std::string_view on_disk, Marks marks);

}  // namespace ixian::layer_files
