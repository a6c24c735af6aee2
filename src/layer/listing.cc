#include "layer/listing.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <tuple>
#include <unordered_set>

#include "layer/limits.h"

namespace ixian::layer {
namespace {

// Where entries with one path stand among each other.
int rank(EntryType type) {
  return type == EntryType::kWhiteout ? 0 : type == EntryType::kOpaque ? 2 : 1;
}

bool is_below(std::string_view path, std::string_view folder) {
  if (folder.empty()) return !path.empty();
  return path.size() > folder.size() && path[folder.size()] == '/' && path.starts_with(folder);
}

// Goes through entries in their order and tells which lie below a thing that is no folder: such came before
// it, for nothing can have been put there later.
class Shadow {
 public:
  bool covers(const ListedEntry& entry) {
    if (thing_ != nullptr && !is_below(entry.path, thing_->path)) thing_ = nullptr;
    return thing_ != nullptr;
  }

  // `entry`, which is not covered, must stay where it is.
  void pass(const ListedEntry& entry) {
    if (rank(entry.type) == 1 && entry.type != EntryType::kFolder) thing_ = &entry;
  }

 private:
  const ListedEntry* thing_ = nullptr;
};

// Why a component of a path cannot be one; nullptr where it can.
const char* fault_of_component(std::string_view component) {
  if (component == "..") return "has a \"..\"";
  if (component.size() > 255) return "has a component longer than 255 bytes";
  return nullptr;
}

// The length of what both begin with, eight bytes at a time: paths of one folder differ late.
std::size_t common_length(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= shorter; at += sizeof(std::uint64_t)) {
    if (std::memcmp(a.data() + at, b.data() + at, sizeof(std::uint64_t)) != 0) break;
  }
  while (at < shorter && a[at] == b[at]) ++at;
  return at;
}

// Negative, zero or positive, in the order of path_less().
int path_order(std::string_view a, std::string_view b) {
  const std::size_t at = common_length(a, b);
  if (at == std::min(a.size(), b.size())) return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  if (a[at] == '/') return -1;
  if (b[at] == '/') return 1;
  return static_cast<unsigned char>(a[at]) < static_cast<unsigned char>(b[at]) ? -1 : 1;
}

bool entry_less(const ListedEntry& a, const ListedEntry& b) {
  const int order = path_order(a.path, b.path);
  return order != 0 ? order < 0 : rank(a.type) < rank(b.type);
}

}  // namespace

bool path_less(std::string_view a, std::string_view b) {
  return path_order(a, b) < 0;
}

LayerListing::LayerListing(std::vector<ListedEntry> entries) {
  std::vector<std::size_t> order(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (entry_less(entries[a], entries[b])) return true;
    return !entry_less(entries[b], entries[a]) && a < b;
  });

  Shadow shadow;
  entries_.reserve(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    ListedEntry& entry = entries[order[i]];
    const bool last = i + 1 == order.size() || entry_less(entry, entries[order[i + 1]]);
    if (shadow.covers(entry) || !last) continue;
    entries_.push_back(std::move(entry));
    shadow.pass(entries_.back());
  }
}

bool LayerListing::in_order(const std::vector<ListedEntry>& entries) {
  Shadow shadow;
  const ListedEntry* before = nullptr;
  for (const ListedEntry& entry : entries) {
    if ((before != nullptr && !entry_less(*before, entry)) || shadow.covers(entry)) return false;
    shadow.pass(entry);
    before = &entry;
  }
  return true;
}

std::vector<std::string> LayerListing::gaps() const {
  std::vector<std::string> gaps;
  std::vector<std::string> way = {""};  // the folders, with an entry or without, that the current entry is in
  for (const ListedEntry& entry : entries_) {
    const std::string& path = entry.path;
    while (path != way.back() && !is_below(path, way.back())) way.pop_back();
    if (path == way.back()) continue;  // the opaque mark of a folder, and what belongs to the root
    // An opaque mark implies its own folder, too.
    const bool opaque = entry.type == EntryType::kOpaque;
    for (std::size_t at = way.back().size() + 1; at <= path.size(); ++at) {
      if (at < path.size() ? path[at] != '/' : !opaque) continue;
      gaps.push_back(path.substr(0, at));
      way.push_back(gaps.back());
    }
    if (entry.type == EntryType::kFolder) way.push_back(path);
  }
  return gaps;
}

bool LayerListing::depends_on_below() const {
  const ListedEntry* const root = thing("");
  const bool plain = root == nullptr || (root->mode == 0755 && root->uid == 0 && root->gid == 0);
  const auto is_whiteout = [](const ListedEntry& entry) { return entry.type == EntryType::kWhiteout; };
  return !plain || std::any_of(entries_.begin(), entries_.end(), is_whiteout) || !gaps().empty();
}

Listed LayerListing::at(std::string_view path) const {
  Listed listed;
  auto entry = std::partition_point(entries_.begin(), entries_.end(),
                                    [&](const ListedEntry& each) { return path_order(each.path, path) < 0; });
  for (; entry != entries_.end() && entry->path == path; ++entry) {
    if (entry->type == EntryType::kWhiteout) {
      listed.whiteout = true;
    } else if (entry->type == EntryType::kOpaque) {
      listed.opaque = true;
    } else {
      listed.thing = &*entry;
    }
  }
  listed.below = entry != entries_.end() && is_below(entry->path, path);
  return listed;
}

std::string listed_path(std::string_view name) {
  if (name.size() > kMaxName) throw std::invalid_argument("is longer than 4096 bytes");
  if (name.find('\0') != std::string_view::npos) throw std::invalid_argument("has a NUL inside");
  std::string path;
  path.reserve(name.size());
  while (!name.empty()) {
    const auto slash = std::min(name.find('/'), name.size());
    const std::string_view component = name.substr(0, slash);
    name.remove_prefix(std::min(slash + 1, name.size()));
    if (component.empty() || component == ".") continue;
    if (const char* const fault = fault_of_component(component)) throw std::invalid_argument(fault);
    if (!path.empty()) path += '/';
    path += component;
  }
  return path;
}

bool is_listed_path(std::string_view path, std::size_t from) {
  if (path.empty()) return true;
  if (path.size() > kMaxName || path.find('\0', from) != std::string_view::npos) return false;
  std::size_t start = from == 0 ? 0 : path.rfind('/', from - 1) + 1;
  while (true) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view component = path.substr(start, end - start);
    if (component.empty() || component == "." || fault_of_component(component) != nullptr) return false;
    if (end == path.size()) return true;
    start = end + 1;
  }
}

}  // namespace ixian::layer
