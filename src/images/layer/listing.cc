// Paths are compared with the slash below all other bytes, so that a folder is followed by all that is in it:
// what lies below a path is one stretch of a listing, which a binary search finds.
#include "layer/listing.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "compression/limits.h"
#include "layer/listing_order.h"
#include "layer/listing_parts.h"
#include "layer/listing_sorter.h"

namespace ixian::layer {
namespace {

// Why a component of a path cannot be one; nullptr where it can.
const char* fault_of_component(std::string_view component) {
  if (component == "..") return "has a \"..\"";
  if (component.size() > 255) return "has a component longer than 255 bytes";
  return nullptr;
}

}  // namespace

// Eight bytes at a time: paths of one folder differ late.
std::size_t common_length(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= shorter; at += sizeof(std::uint64_t)) {
    if (std::memcmp(a.data() + at, b.data() + at, sizeof(std::uint64_t)) != 0) break;
  }
  while (at < shorter && a[at] == b[at]) ++at;
  return at;
}

int path_order(std::string_view a, std::string_view b) {
  const std::size_t at = common_length(a, b);
  if (at == std::min(a.size(), b.size())) return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  if (a[at] == '/') return -1;
  if (b[at] == '/') return 1;
  return static_cast<unsigned char>(a[at]) < static_cast<unsigned char>(b[at]) ? -1 : 1;
}

bool path_less(std::string_view a, std::string_view b) {
  return path_order(a, b) < 0;
}

LayerListing::LayerListing(const std::vector<ListedEntry>& entries) {
  ListingSorter sorter;
  for (const ListedEntry& entry : entries) sorter.add(entry);
  *this = sorter.finish();
}

std::uint64_t LayerListing::size() const {
  return parts_ ? parts_->count : 0;
}

void LayerListing::each_gap(const std::function<void(const std::string& folder)>& on_gap) const {
  if (!depends_on_below()) return;
  GapFinder gaps;
  for (const ListedEntry& entry : entries())
    gaps.pass(entry, [&](std::string_view folder) { on_gap(std::string(folder)); });
}

bool LayerListing::is_gap(std::string_view path) const {
  if (path.empty() || !depends_on_below()) return false;
  const PathState listed = at(path);
  return !listed.thing && (listed.below || listed.opaque);
}

bool LayerListing::depends_on_below() const {
  return parts_ && parts_->depends_on_below;
}

PathState LayerListing::at(std::string_view path) const {
  PathState listed;
  Cursor cursor(*this, path);
  for (; !cursor.at_end() && cursor.entry().path == path; cursor.next()) {
    if (cursor.entry().type == EntryType::kWhiteout) {
      listed.whiteout = true;
    } else if (cursor.entry().type == EntryType::kOpaque) {
      listed.opaque = true;
    } else {
      listed.thing = cursor.entry();
    }
  }
  listed.below = !cursor.at_end() && is_below(cursor.entry().path, path);
  return listed;
}

bool operator==(const LayerListing& a, const LayerListing& b) {
  if (a.size() != b.size()) return false;
  if (a.parts_ == b.parts_) return true;
  const Spool& first = a.parts_->body;
  const Spool& second = b.parts_->body;
  if (first.size() != second.size()) return false;
  std::string buffers[2];
  constexpr std::uint64_t kAtOnce = 64 << 10;
  for (std::uint64_t at = 0; at < first.size(); at += kAtOnce) {
    const auto size = static_cast<std::size_t>(std::min(kAtOnce, first.size() - at));
    if (first.read(at, size, buffers[0]) != second.read(at, size, buffers[1])) return false;
  }
  return true;
}

std::string listed_path(std::string_view name) {
  if (name.size() > compression::kMaxName) throw std::invalid_argument("is longer than 4096 bytes");
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
  if (path.size() > compression::kMaxName || path.find('\0', from) != std::string_view::npos) return false;
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
