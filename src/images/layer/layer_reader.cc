// The one reading of a layer's tar, for whoever extracts it and whoever only lists it: so both see the same.
// What engines disagree about is refused (a whiteout behind a symlink, things that lie in a whiteout), what
// all pass over is passed over (files of AUFS). Everything is bounded by Limits, as it comes.
#include "layer/layer_reader.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "layer/whiteout.h"

namespace ixian::layer {
namespace {

constexpr std::string_view kMetaPrefix = ".wh..wh.";

// A component before the last that looks like a whiteout: there is no reading of it that all engines share.
bool has_whiteout_folder(std::string_view path) {
  const std::string_view folder = split_path(path).folder;
  return folder.starts_with(kWhiteoutPrefix) || folder.find("/.wh.") != std::string_view::npos;
}

}  // namespace

LayerReader::LayerReader(base::ByteSource& tar, std::string layer, const compression::Limits& limits)
    : tar_(tar, tar::TarReader::Dialect{.sparse = true, .remains = true}),
      layer_(std::move(layer)),
      limits_(limits) {}

void LayerReader::refuse(const std::string& name, std::string_view reason) const {
  throw base::Error(base::ErrorCode::kRegistry,
                    fmt::format("layer {} rejected: its entry {} {}", layer_,
                                base::printable_path(std::string_view(name).substr(0, 200)), reason));
}

void LayerReader::check_attributes(const tar::TarEntry& entry) const {
  for (const auto& [name, value] : entry.xattrs) {
    if (name.starts_with("trusted.overlay.")) {
      refuse(entry.name, "has an attribute that belongs to overlayfs: " + base::printable_path(name));
    }
    if (name.size() > 255 || value.size() > 65536) refuse(entry.name, "has an attribute that is too long");
  }
}

// Where `path` really lies: its folder resolved, its own name kept.
std::string LayerReader::place_of(const std::string& path) {
  const auto [folder, name] = split_path(path);
  return join_path(paths_.resolve(std::string(folder)), name);
}

std::optional<LayerReader::Item> LayerReader::examine(tar::TarEntry entry) {
  Item item{EntryType::kFile, listed_path(entry.name), "", std::move(entry)};
  const tar::TarEntry& head = item.entry;
  const std::string_view name = split_path(item.path).name;
  // AUFS's own files and what lies in its folders.
  if (split_path(item.path).folder.find(kMetaPrefix) != std::string_view::npos) return std::nullopt;
  if (has_whiteout_folder(item.path)) throw std::invalid_argument("is in a whiteout");
  if (name.starts_with(kWhiteoutPrefix)) {
    if (name != kOpaqueName && name.starts_with(kMetaPrefix)) return std::nullopt;  // of AUFS
    const std::string_view gone = name.substr(kWhiteoutPrefix.size());
    if (gone.empty() || gone == "." || gone == "..") throw std::invalid_argument("is a whiteout of nothing");
    const std::string folder(split_path(item.path).folder);
    // Engines differ in whether the link or what it leads to is meant.
    if (paths_.resolve(folder) != folder) {
      throw std::invalid_argument("is a whiteout below a symbolic link");
    }
    const bool opaque = name == kOpaqueName;
    item.type = opaque ? EntryType::kOpaque : EntryType::kWhiteout;
    item.path = opaque ? folder : join_path(folder, gone);
    return item;
  }
  item.type = entry_type_of(head.type);
  if (item.path.empty() && item.type != EntryType::kFolder) {
    throw std::invalid_argument("would replace the root directory");
  }
  if (!item.path.empty()) item.path = place_of(item.path);
  if (item.type == EntryType::kSymlink) {
    if (head.link.size() > compression::kMaxName)
      throw std::invalid_argument("has a target longer than 4096 bytes");
    item.link = head.link;
  }
  if (item.type == EntryType::kHardLink) {
    try {
      item.link = listed_path(head.link);
      if (!item.link.empty()) item.link = place_of(item.link);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(std::string("is a link to a path that ") + error.what());
    }
    if (item.link.empty() || item.link == item.path)
      throw std::invalid_argument("is a link to itself or the root");
  }
  const bool zero = head.device_major == 0 && head.device_minor == 0;
  if (item.type == EntryType::kCharacterDevice && zero) {
    throw std::invalid_argument("is the device 0:0, which would act as a whiteout");
  }
  return item;
}

void LayerReader::list(const Item& item) {
  ListedEntry entry;
  if (item.type == EntryType::kWhiteout || item.type == EntryType::kOpaque) {
    entry.path = item.path;
    entry.type = item.type;
  } else {
    entry = listed(item.entry, item.path, tar_.offset());
    entry.link = item.link;
  }
  sorter_.add(entry);
}

std::optional<LayerReader::Item> LayerReader::next() {
  try {
    while (auto entry = tar_.next()) {
      if (++count_ > limits_.entries) {
        throw base::Error(base::ErrorCode::kRegistry,
                          fmt::format("layer {} rejected: more than {} entries", layer_, limits_.entries));
      }
      const std::string name = entry->name;
      if (entry->size > limits_.bytes - content_) refuse(name, "is too long");
      content_ += entry->size;
      check_attributes(*entry);
      std::optional<Item> item;
      try {
        item = examine(std::move(*entry));
      } catch (const std::invalid_argument& error) {
        refuse(name, error.what());
      }
      if (!item) continue;
      list(*item);
      if (item->type != EntryType::kWhiteout && item->type != EntryType::kOpaque)
        paths_.put(item->path, item->type, item->link);
      return item;
    }
  } catch (const tar::TarError& error) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("layer {} is damaged: {}", layer_, error.what()));
  }
  return std::nullopt;
}

std::size_t LayerReader::read(char* buffer, std::size_t size) {
  try {
    return tar_.read(buffer, size);
  } catch (const tar::TarError& error) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("layer {} is damaged: {}", layer_, error.what()));
  }
}

}  // namespace ixian::layer
