// Whiteouts as members of a tar (layer.md, "Representing Changes"), and entries of tars as those of listings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layer/listing.h"
#include "tar/format.h"

namespace ixian::layer {

inline constexpr std::string_view kWhiteoutPrefix = ".wh.";
inline constexpr std::string_view kOpaqueName = ".wh..wh..opq";

// "a/b" → "a" and "b"; "b" → "" and "b".
struct SplitPath {
  std::string_view folder;
  std::string_view name;
};
inline SplitPath split_path(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

inline std::string join_path(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty()) path += '/';
  path += name;
  return path;
}

// Those of `path` that are not empty or ".", the first one last.
inline std::vector<std::string> reversed_components(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!last.empty() && last != ".") parts.emplace_back(last);
    path = slash == std::string_view::npos ? "" : path.substr(0, slash);
  }
  return parts;
}

inline std::string whiteout_name(std::string_view path) {
  const auto [folder, name] = split_path(path);
  return join_path(folder, std::string(kWhiteoutPrefix) + std::string(name));
}

inline std::string opaque_name(std::string_view path) {
  return join_path(path, kOpaqueName);
}

EntryType entry_type_of(tar::TarType type);

// What a listing says of an entry that is no whiteout. `offset` is where its body starts in the tar.
ListedEntry listed(const tar::TarEntry& entry, std::string path, std::uint64_t offset);

}  // namespace ixian::layer
