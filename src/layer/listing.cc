#include "layer/listing.h"

#include <algorithm>
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

bool entry_less(const ListedEntry& a, const ListedEntry& b) {
  if (a.path != b.path) return path_less(a.path, b.path);
  return rank(a.type) < rank(b.type);
}

bool hides_below(const ListedEntry& entry) {
  return rank(entry.type) == 1 && entry.type != EntryType::kFolder;
}

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

bool is_below(std::string_view path, std::string_view folder) {
  if (folder.empty()) return !path.empty();
  return path.size() > folder.size() && path[folder.size()] == '/' && path.starts_with(folder);
}

const ListedEntry* find(const std::vector<ListedEntry>& entries, std::string_view path, int wanted) {
  const auto found = std::partition_point(entries.begin(), entries.end(), [&](const ListedEntry& entry) {
    return entry.path == path ? rank(entry.type) < wanted : path_less(entry.path, path);
  });
  return found != entries.end() && found->path == path && rank(found->type) == wanted ? &*found : nullptr;
}

}  // namespace

bool path_less(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  const auto at = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shorter), b.begin()).first -
      a.begin());
  if (at == shorter) return a.size() < b.size();
  if (a[at] == '/' || b[at] == '/') return a[at] == '/';
  return static_cast<unsigned char>(a[at]) < static_cast<unsigned char>(b[at]);
}

LayerListing::LayerListing(std::vector<ListedEntry> entries) {
  std::vector<std::size_t> order(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (entry_less(entries[a], entries[b])) return true;
    return !entry_less(entries[b], entries[a]) && a < b;
  });

  // The thing that is no folder which the paths that follow could lie below.
  std::size_t above = kNone;
  entries_.reserve(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    ListedEntry& entry = entries[order[i]];
    if (above != kNone && !is_below(entry.path, entries_[above].path)) above = kNone;
    const bool last = i + 1 == order.size() || entry_less(entry, entries[order[i + 1]]);
    // What lies below a thing that is no folder came before it: nothing can have been put there later.
    if (!last || above != kNone) continue;
    entries_.push_back(std::move(entry));
    if (hides_below(entries_.back())) above = entries_.size() - 1;
  }
}

bool LayerListing::in_order(const std::vector<ListedEntry>& entries) {
  std::size_t above = kNone;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0 && !entry_less(entries[i - 1], entries[i])) return false;
    if (above != kNone && is_below(entries[i].path, entries[above].path)) return false;
    if (hides_below(entries[i])) above = i;
  }
  return true;
}

const ListedEntry* LayerListing::thing(std::string_view path) const {
  return find(entries_, path, 1);
}

bool LayerListing::has_whiteout(std::string_view path) const {
  return find(entries_, path, 0) != nullptr;
}

bool LayerListing::is_opaque(std::string_view path) const {
  return find(entries_, path, 2) != nullptr;
}

bool LayerListing::has_below(std::string_view path) const {
  const auto next = std::partition_point(entries_.begin(), entries_.end(), [&](const ListedEntry& entry) {
    return entry.path == path || path_less(entry.path, path);
  });
  return next != entries_.end() && is_below(next->path, path);
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
    if (component == "..") throw std::invalid_argument("has a \"..\"");
    if (component.size() > 255) throw std::invalid_argument("has a component longer than 255 bytes");
    if (!path.empty()) path += '/';
    path += component;
  }
  return path;
}

}  // namespace ixian::layer
