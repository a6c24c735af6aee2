#include "context/filtered_view.h"

#include <unistd.h>

#include <algorithm>

#include "base/fs.h"
#include "dockerfile/source.h"

namespace ixian::context {
namespace {

constexpr char kIgnoreFile[] = ".dockerignore";

std::string read_small(const FileView& view, const std::string& path) {
  const base::UniqueFd fd = view.open(path);
  std::string text;
  char buffer[16384];
  ssize_t count = 0;
  while (text.size() <= dockerfile::kMostBytes && (count = ::read(fd.get(), buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

bool FilteredView::is_visible(const std::string& path, const oci::TarEntry& entry) const {
  if (!rules_.excludes(path)) return true;
  if (entry.type != oci::TarType::kFolder || rules_.can_skip_folder(path)) return false;
  return !children(path).empty();
}

std::optional<oci::TarEntry> FilteredView::find(const std::string& path) const {
  auto entry = all_->find(path);
  if (entry && !is_visible(path, *entry)) return std::nullopt;
  return entry;
}

std::vector<std::string> FilteredView::children(const std::string& path) const {
  std::vector<std::string> names = all_->children(path);
  if (rules_.empty()) return names;
  std::erase_if(names, [&](const std::string& name) { return is_hidden(join_path(path, name)); });
  return names;
}

std::vector<FileView::Child> FilteredView::list(const std::string& path) const {
  std::vector<Child> all = all_->list(path);
  if (rules_.empty()) return all;
  std::erase_if(all, [&](const Child& each) { return is_hidden(join_path(path, each.name)); });
  return all;
}

bool FilteredView::is_hidden(const std::string& path) const {
  if (!rules_.excludes(path)) return false;
  const auto entry = all_->find(path);
  return !entry || !is_visible(path, *entry);
}

dockerfile::IgnoreRules read_ignore_rules(const FileView& context, const std::string& dockerfile_path,
                                          const std::vector<std::string>& excluded) {
  std::string text;
  std::string name = kIgnoreFile;
  if (auto own = dockerfile_path.empty() ? std::nullopt : base::read_file(dockerfile_path + kIgnoreFile)) {
    text = std::move(*own);
    name = dockerfile_path + kIgnoreFile;
  } else {
    const std::string real = resolve_path(context, kIgnoreFile, true);
    const auto entry = context.find(real);
    if (entry && entry->type == oci::TarType::kFile) text = read_small(context, real);
  }
  for (const std::string& pattern : excluded) text += "\n" + pattern;
  return dockerfile::IgnoreRules::parse(std::move(text), name);
}

}  // namespace ixian::context
