// A thing's number is the hash of its folder's number and its name. When a folder comes where something else
// was, all that was below it before is gone with that; so the folder counts this, the numbers of what is
// below it are others from then on, and what was there is found no more.
#include "layer/layer_paths.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "compression/limits.h"
#include "layer/listing_order.h"
#include "layer/path_hash.h"
#include "layer/whiteout.h"

namespace ixian::layer {
namespace {

constexpr int kMostSymlinks = 40;
constexpr unsigned kKindBits = 2;
constexpr unsigned kFoldersBits = 24;  // more than a layer can have entries
static_assert(compression::Limits{}.entries < std::uint64_t{1} << kFoldersBits);

}  // namespace

std::uint64_t LayerPaths::below(std::uint64_t folder, std::string_view name) const {
  return path_hash(folder + at(folder).folders * 0x9e3779b97f4a7c15, name);
}

std::uint64_t LayerPaths::number_of(std::string_view path) const {
  std::uint64_t number = 0;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    number = below(number, path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return number;
}

LayerPaths::Node LayerPaths::at(std::uint64_t number) const {
  if (const auto* slot = special_.empty() ? nullptr : special_.find(number)) {
    return {static_cast<Kind>(slot->value & ((1U << kKindBits) - 1)),
            slot->value >> kKindBits & ((1U << kFoldersBits) - 1), slot->value >> (kKindBits + kFoldersBits),
            true};
  }
  return {others_.contains(number) ? Kind::kOther : Kind::kFolder};
}

void LayerPaths::note(std::uint64_t number, const Node& node) {
  special_.put(number).value = static_cast<std::uint64_t>(node.kind) | node.folders << kKindBits |
                               node.link_at << (kKindBits + kFoldersBits);
}

std::string LayerPaths::resolve(const std::string& folder) {
  if (last_ && last_->first == folder) return last_->second;
  std::string resolved;
  std::uint64_t number = 0;  // of it
  std::vector<std::string> rest = reversed_components(folder);
  int links = 0;
  while (!rest.empty()) {
    const std::string name = std::move(rest.back());
    rest.pop_back();
    if (name == "..") {
      resolved = split_path(resolved).folder;
      number = number_of(resolved);
      continue;
    }
    const std::uint64_t next = below(number, name);
    const Node found = at(next);
    if (found.kind == Kind::kFolder) {
      resolved = join_path(resolved, name);
      number = next;
    } else if (found.kind == Kind::kSymlink) {
      if (++links > kMostSymlinks) throw std::invalid_argument("resolves through too many symbolic links");
      const std::string link = links_.at(found.link_at);
      if (link.starts_with('/')) {
        resolved.clear();
        number = 0;
      }
      const auto parts = reversed_components(link);
      rest.insert(rest.end(), parts.begin(), parts.end());
    } else {
      throw std::invalid_argument("is below something that is not a directory");
    }
  }
  if (resolved.size() > compression::kMaxName)
    throw std::invalid_argument("resolves to a name longer than 4096 bytes");
  last_.emplace(folder, resolved);
  return resolved;
}

void LayerPaths::put(const std::string& path, EntryType type, const std::string& link) {
  if (path.empty()) return;
  const std::uint64_t number = number_of(path);
  Node node = at(number);
  if (type == EntryType::kFolder) {
    if (node.kind == Kind::kFolder) return;
    node.kind = Kind::kFolder;
    ++node.folders;
  } else if (type == EntryType::kSymlink) {
    node.kind = Kind::kSymlink;
    node.link_at = links_.size();
    links_.add(link);
  } else {
    if (node.kind == Kind::kOther) return;
    if (!node.special) {
      others_.put(number);
      // What leads through it has another answer now.
      if (last_ && (last_->first != last_->second || last_->first == path || is_below(last_->first, path)))
        last_.reset();
      return;
    }
    node.kind = Kind::kOther;
  }
  last_.reset();
  note(number, node);
}

}  // namespace ixian::layer
