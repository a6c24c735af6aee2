// No merged tree is ever built. A path is walked from the root, and for each component the listings are asked
// from the top down: the first thing found is what is there; a whiteout, a thing that is no folder or an
// opaque mark ends the question. Since folders of several layers are one, what ends the question in a folder
// holds for all that is below it: so a place is a path and the lowest layer that still shows through.
//
// An example, of three layers:
//
//              a        a/x    a/y    a/z    b          b/f    c
//   layer 2    opaque   file
//   layer 1    folder          file          whiteout
//   layer 0    folder                 file   folder     file   file
//   shown      folder   file   -      -      -          -      file
//
// The place of "a" is ("a", 2), as its mark hides the two layers below; so a/y and a/z are not even looked
// for in them. The root's place is ("", 0). "b" is asked of layer 2, which has nothing, and of layer 1, which
// ends the question.
#include "layer/merged_tree.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/text.h"
#include "layer/listing_order.h"
#include "layer/whiteout.h"

namespace ixian::layer {
namespace {

constexpr int kMostLinks = 40;

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
    PathState listed = layer.at(path);
    auto& thing = listed.thing;
    if (thing && thing->type != EntryType::kFolder) {
      if (!place) return Place{{std::move(*thing), i, path}, i};
      place->lowest = i + 1;  // hidden by a folder above it
      return place;
    }
    if (thing || listed.below) {
      if (!place) place = Place{{implied_folder(path), kImplied, ""}, lowest};
      if (thing && place->found.layer == kImplied) {
        place->found.entry = std::move(*thing);
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
  for (int depth = 0; entry.type == EntryType::kHardLink && depth < kMostLinks; ++depth) {
    const std::string target = entry.link;
    auto found = layers_[place.found.layer]->thing(target);
    if (!found && place.found.layer > 0) {
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
    if (!found) return;
    const std::string path = entry.path;
    entry = std::move(*found);
    entry.path = path;
    place.found.content_path = target;
  }
}

MergedTree::Place MergedTree::root() const {
  auto place = at("", 0);
  if (!place || place->found.entry.type != EntryType::kFolder) return {{implied_folder(""), kImplied, ""}, 0};
  return *place;
}

std::optional<MergedTree::Found> MergedTree::find(std::string_view path) const {
  Place place = root();
  for (std::size_t end = 0; end < path.size();) {
    if (place.found.entry.type != EntryType::kFolder) return std::nullopt;
    end = std::min(path.find('/', end == 0 ? 0 : end + 1), path.size());
    auto next = at(std::string(path.substr(0, end)), place.lowest);
    if (!next) return std::nullopt;
    place = std::move(*next);
  }
  if (place.found.entry.type == EntryType::kHardLink) follow_hard_link(place);
  return std::move(place.found);
}

// Follows a path, keeping the places of all folders on the way for "..".
struct MergedTree::Walk {
  const MergedTree& tree;
  std::vector<Place> way;            // from the root to where the walk stands
  std::vector<std::string> rest;     // components still to go, the next one last
  std::vector<std::string> missing;  // from the first component on that is not there
  int links = 0;

  Walk(const MergedTree& merged, std::string_view path) : tree(merged) {
    way.push_back(tree.root());
    push(path);
  }

  void push(std::string_view path) {
    auto parts = reversed_components(path);
    rest.insert(rest.end(), std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
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
    auto place = tree.at(join_path(folder.found.entry.path, name), folder.lowest);
    if (!place) {
      missing.push_back(name);
      return;
    }
    if (place->found.entry.type == EntryType::kHardLink) tree.follow_hard_link(*place);
    if (place->found.entry.type != EntryType::kSymlink || (rest.empty() && last == Last::kKeep)) {
      way.push_back(std::move(*place));
      return;
    }
    if (++links > kMostLinks) {
      throw base::Error(base::ErrorCode::kTaskFailed,
                        "too many symbolic links in the image: " + base::printable_path(path));
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
                      "cannot resolve " + base::printable_path(path) +
                          " in the image: " + base::printable_path("/" + resolved) + " is not a directory");
  }
  for (const std::string& name : walk.missing) resolved = join_path(resolved, name);
  return resolved;
}

MergedTree::Descendants::Descendants(const MergedTree& tree, std::string_view path) : tree_(tree) {
  Walk walk(tree, path);
  walk.run(path, Last::kFollow);
  if (!walk.missing.empty() || !walk.in_folder()) return;
  const Place& folder = walk.way.back();
  way_.push_back({folder.found.entry.path, folder.lowest});
  for (std::size_t i = folder.lowest; i < tree.layers_.size(); ++i) {
    LayerListing::Cursor cursor(*tree.layers_[i], way_[0].path);
    while (!cursor.at_end() && cursor.entry().path == way_[0].path) cursor.next();
    cursors_.push_back(std::move(cursor));
  }
}

const LayerListing::Cursor* MergedTree::Descendants::first() const {
  const LayerListing::Cursor* first = nullptr;
  for (const LayerListing::Cursor& cursor : cursors_) {
    if (cursor.at_end() || !is_below(cursor.entry().path, way_[0].path)) continue;
    if (first == nullptr || path_less(cursor.entry().path, first->entry().path)) first = &cursor;
  }
  return first;
}

bool MergedTree::Descendants::next() {
  while (const LayerListing::Cursor* const cursor = first()) {
    const std::string& ahead = cursor->entry().path;
    while (!is_below(ahead, way_.back().path)) way_.pop_back();
    const std::size_t start = way_.back().path.empty() ? 0 : way_.back().path.size() + 1;
    const std::string path = ahead.substr(0, ahead.find('/', start));
    auto place = tree_.at(path, way_.back().lowest);
    if (!place) {
      skip_behind(path);
      continue;
    }
    in_found_ = place->found.entry.type == EntryType::kFolder;
    if (in_found_) {
      for (LayerListing::Cursor& each : cursors_) {
        while (!each.at_end() && each.entry().path == path) each.next();
      }
      way_.push_back({path, place->lowest});
    } else {
      skip_behind(path);
      if (place->found.entry.type == EntryType::kHardLink) tree_.follow_hard_link(*place);
    }
    found_ = std::move(place->found);
    return true;
  }
  in_found_ = false;
  return false;
}

void MergedTree::Descendants::skip() {
  if (!in_found_) return;
  skip_behind(way_.back().path);
  way_.pop_back();
  in_found_ = false;
}

void MergedTree::Descendants::skip_behind(const std::string& path) {
  for (LayerListing::Cursor& cursor : cursors_) {
    if (!cursor.at_end() && (cursor.entry().path == path || is_below(cursor.entry().path, path)))
      cursor.seek_behind(path);
  }
}

}  // namespace ixian::layer
