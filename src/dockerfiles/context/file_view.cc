// Links are followed within the view, as a program would find them whose root the view is: an absolute link
// begins again at the view's root, and ".." at the root stays there. So no link in a context or an image
// leads out of it, whoever wrote it.
#include "context/file_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/error.h"
#include "base/text.h"

namespace ixian::context {
namespace {

// BuildKit's limit; the kernel's is 40.
constexpr int kMostLinks = 255;

void put_in_front(std::deque<std::string>& rest, std::string_view path) {
  const std::vector<std::string_view> parts = base::split(path, '/');
  rest.insert(rest.begin(), parts.begin(), parts.end());
}

}  // namespace

std::vector<FileView::Child> FileView::list(const std::string& path) const {
  std::vector<Child> all;
  for (std::string& name : children(path)) all.push_back({std::move(name), true});
  return all;
}

std::optional<tar::TarEntry> EmptyView::find(const std::string& path) const {
  if (!path.empty()) return std::nullopt;
  tar::TarEntry root;
  root.type = tar::TarType::kFolder;
  root.mode = 0755;
  return root;
}

files::UniqueFd EmptyView::open(const std::string& path) const {
  throw base::Error(base::ErrorCode::kTaskFailed, fmt::format("file not found: {}", path));
}

std::string join_path(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  if (name.empty()) return std::string(folder);
  return fmt::format("{}/{}", folder, name);
}

std::string parent_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

std::string base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string clean_in_root(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::string_view part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  return base::join(kept, "/");
}

std::string resolve_path(const FileView& view, std::string_view path, bool follow_last,
                         std::vector<std::string>* followed) {
  std::deque<std::string> rest;
  put_in_front(rest, path);
  std::string reached;
  int links = 0;
  while (!rest.empty()) {
    const std::string part = std::move(rest.front());
    rest.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      reached = parent_path(reached);
      continue;
    }
    const std::string next = join_path(reached, part);
    const std::optional<tar::TarEntry> entry = view.find(next);
    // A slash at the end does not make the last part another one.
    const bool last =
        std::all_of(rest.begin(), rest.end(), [](const std::string& each) { return each.empty(); });
    if (!entry || entry->type != tar::TarType::kSymlink || (last && !follow_last)) {
      // What is not there is no mistake here: the caller says whether it must exist.
      reached = next;
      continue;
    }
    if (++links > kMostLinks) {
      throw base::Error(base::ErrorCode::kTaskFailed,
                        fmt::format("too many symbolic links: /{}", clean_in_root(path)));
    }
    if (followed != nullptr) followed->push_back(next);
    if (entry->link.starts_with('/')) reached.clear();
    // The link's text takes the place of its name; what it stands for may be a link again.
    put_in_front(rest, entry->link);
  }
  return reached;
}

}  // namespace ixian::context
