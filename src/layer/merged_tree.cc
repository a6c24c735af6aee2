#include "layer/merged_tree.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/fs.h"

// No merged tree is ever built. A path is walked from the root, and for each component the listings are asked
// from the top down: the first thing found is what is there; a whiteout, a thing that is no folder or an
// opaque mark ends the question. Since folders of several layers are one, what ends the question in a folder
// holds for all that is below it: so a place is a path and the lowest layer that still shows through.

namespace ixian::layer {
namespace {

constexpr int kMaxLinks = 40;

std::string joined(const std::string& folder, std::string_view name) {
  std::string path = folder;
  if (!path.empty()) path += '/';
  path += name;
  return path;
}

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    if (slash > 0 && path.substr(0, slash) != ".") parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

ListedEntry implied_folder(std::string path) {
  ListedEntry entry;
  entry.path = std::move(path);
  entry.type = EntryType::kFolder;
  entry.mode = 0755;
  return entry;
}

}  // namespace

std::optional<MergedTree::Place> MergedTree::at(const std::string& path, std::size_t lowest) const {
  std::optional<Place> place;
  for (std::size_t i = layers_.size(); i-- > lowest;) {
    const LayerListing& layer = *layers_[i];
    const Listed listed = layer.at(path);
    const ListedEntry* const thing = listed.thing;
    if (thing != nullptr && thing->type != EntryType::kFolder) {
      if (!place) return Place{{*thing, i, path}, i};
      place->lowest = i + 1;  // hidden by a folder above it
      return place;
    }
    if (thing != nullptr || listed.below) {
      if (!place) place = Place{{implied_folder(path), kImplied, ""}, lowest};
      if (thing != nullptr && place->found.layer == kImplied) {
        place->found.entry = *thing;
        place->found.layer = i;
      }
    }
    if (listed.opaque || listed.whiteout) {
      if (place) place->lowest = i;
      return place;
    }
  }
  return place;
}

void MergedTree::follow_hard_link(Place& place) const {
  ListedEntry& entry = place.found.entry;
  // A link to a link, and so on; a ring is no file.
  for (int depth = 0; entry.type == EntryType::kHardLink && depth < kMaxLinks; ++depth) {
    const std::string target = entry.link;
    const ListedEntry* found = layers_[place.found.layer]->thing(target);
    if (found == nullptr && place.found.layer > 0) {
      const std::vector below(layers_.begin(),
                              layers_.begin() + static_cast<std::ptrdiff_t>(place.found.layer));
      const auto lower = MergedTree(below).lookup(target, Last::kKeep);
      if (!lower || lower->layer == kImplied) return;
      place.found.layer = lower->layer;
      place.found.content_path = lower->content_path;
      const std::string path = entry.path;
      entry = lower->entry;
      entry.path = path;
      return;
    }
    if (found == nullptr) return;
    const std::string path = entry.path;
    entry = *found;
    entry.path = path;
    place.found.content_path = target;
  }
}

// Follows a path, keeping the places of all folders on the way for "..".
struct MergedTree::Walk {
  const MergedTree& tree;
  std::vector<Place> way;            // from the root to where the walk stands
  std::vector<std::string> rest;     // components still to go, the next one last
  std::vector<std::string> missing;  // from the first component on that is not there
  int links = 0;

  Walk(const MergedTree& merged, std::string_view path) : tree(merged) {
    way.push_back(root());
    push(path);
  }

  Place root() const {
    auto place = tree.at("", 0);
    if (!place || place->found.entry.type != EntryType::kFolder)
      return {{implied_folder(""), kImplied, ""}, 0};
    return *place;
  }

  void push(std::string_view path) {
    auto parts = components(path);
    rest.insert(rest.end(), parts.rbegin(), parts.rend());
  }

  bool in_folder() const { return way.back().found.entry.type == EntryType::kFolder; }

  void run(std::string_view path, Last last) {
    while (!rest.empty()) {
      const std::string name = std::move(rest.back());
      rest.pop_back();
      if (name == "..") {
        if (!missing.empty()) {
          missing.pop_back();
        } else if (way.size() > 1) {
          way.pop_back();
        }
      } else if (!missing.empty() || !in_folder()) {
        missing.push_back(name);
      } else {
        step(path, name, last);
      }
    }
  }

  void step(std::string_view path, const std::string& name, Last last) {
    const Place& folder = way.back();
    auto place = tree.at(joined(folder.found.entry.path, name), folder.lowest);
    if (!place) {
      missing.push_back(name);
      return;
    }
    if (place->found.entry.type == EntryType::kHardLink) tree.follow_hard_link(*place);
    if (place->found.entry.type != EntryType::kSymlink || (rest.empty() && last == Last::kKeep)) {
      way.push_back(std::move(*place));
      return;
    }
    if (++links > kMaxLinks) {
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          "The path " + base::printable_path(path) + " leads through too many symbolic links in the image.");
    }
    const std::string& target = place->found.entry.link;
    if (target.starts_with('/')) way.resize(1, way.front());
    push(target);
  }
};

std::optional<MergedTree::Found> MergedTree::lookup(std::string_view path, Last last) const {
  // A slash at the end means what is behind a link, as everywhere.
  if (path.ends_with('/')) last = Last::kFollow;
  Walk walk(*this, path);
  walk.run(path, last);
  if (!walk.missing.empty()) return std::nullopt;
  if (path.ends_with('/') && !walk.in_folder()) return std::nullopt;
  return walk.way.back().found;
}

std::string MergedTree::resolve(std::string_view path, Last last) const {
  if (path.ends_with('/')) last = Last::kFollow;
  Walk walk(*this, path);
  walk.run(path, last);
  std::string resolved = walk.way.back().found.entry.path;
  if (!walk.missing.empty() && !walk.in_folder()) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      "The path " + base::printable_path(path) + " cannot be in the image: " +
                          base::printable_path("/" + resolved) + " is no folder there.");
  }
  for (const std::string& name : walk.missing) resolved = joined(resolved, name);
  return resolved;
}

std::vector<MergedTree::Place> MergedTree::children(const Place& folder) const {
  const std::string& path = folder.found.entry.path;
  std::set<std::string, std::less<>> names;
  for (std::size_t i = folder.lowest; i < layers_.size(); ++i) {
    const auto& entries = layers_[i]->entries();
    auto next = std::partition_point(entries.begin(), entries.end(), [&](const ListedEntry& entry) {
      return entry.path == path || path_less(entry.path, path);
    });
    const std::string start = path.empty() ? "" : path + "/";
    while (next != entries.end() && next->path.starts_with(start)) {
      const std::string_view name =
          std::string_view(next->path)
              .substr(start.size(), next->path.find('/', start.size()) - start.size());
      names.emplace(name);
      const std::string child = start + std::string(name);
      next = std::partition_point(next, entries.end(), [&](const ListedEntry& entry) {
        return entry.path == child || entry.path.starts_with(child + "/") || path_less(entry.path, child);
      });
    }
  }
  std::vector<Place> places;
  for (const std::string& name : names) {
    auto place = at(joined(path, name), folder.lowest);
    if (!place) continue;
    if (place->found.entry.type == EntryType::kHardLink) follow_hard_link(*place);
    places.push_back(std::move(*place));
  }
  return places;
}

std::vector<MergedTree::Found> MergedTree::list(std::string_view path) const {
  Walk walk(*this, path);
  walk.run(path, Last::kFollow);
  std::vector<Found> found;
  if (!walk.missing.empty() || !walk.in_folder()) return found;
  for (Place& place : children(walk.way.back())) found.push_back(std::move(place.found));
  return found;
}

std::vector<MergedTree::Found> MergedTree::list_below(std::string_view path) const {
  Walk walk(*this, path);
  walk.run(path, Last::kFollow);
  std::vector<Found> found;
  if (!walk.missing.empty() || !walk.in_folder()) return found;
  std::vector<Place> waiting = children(walk.way.back());
  std::reverse(waiting.begin(), waiting.end());
  while (!waiting.empty()) {
    const Place place = std::move(waiting.back());
    waiting.pop_back();
    found.push_back(place.found);
    if (place.found.entry.type != EntryType::kFolder) continue;
    auto below = children(place);
    waiting.insert(waiting.end(), std::make_move_iterator(below.rbegin()),
                   std::make_move_iterator(below.rend()));
  }
  return found;
}

}  // namespace ixian::layer
