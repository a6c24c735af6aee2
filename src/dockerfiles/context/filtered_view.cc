// Whether a folder that is left out is to be seen depends on what lies below it ("!" patterns), so it is
// looked into, but for where no pattern can take anything back: there whole trees (node_modules) are passed
// over.
#include "context/filtered_view.h"

#include <algorithm>

#include "files/text_file.h"

namespace ixian::context {
namespace {

constexpr char kIgnoreFile[] = ".dockerignore";

}  // namespace

bool FilteredView::is_visible(const std::string& path, const tar::TarEntry& entry) const {
  if (!rules_.excludes(path)) return true;
  if (entry.type != tar::TarType::kFolder || rules_.can_skip_folder(path)) return false;
  // Left out itself, and shown for what is taken back below it.
  return !children(path).empty();
}

std::optional<tar::TarEntry> FilteredView::find(const std::string& path) const {
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

pattern::IgnoreRules read_ignore_rules(const std::string& context, const std::string& dockerfile_path,
                                       const std::vector<std::string>& excluded) {
  std::string name = dockerfile_path + kIgnoreFile;
  auto text = dockerfile_path.empty() ? std::nullopt : files::read_text(name, context);
  if (!text) {
    name = kIgnoreFile;
    text = files::read_text(context + "/" + kIgnoreFile, context).value_or("");
  }
  // Last, since the last pattern that matches decides.
  for (const std::string& pattern : excluded) *text += "\n" + pattern;
  return pattern::IgnoreRules::parse(std::move(*text), name);
}

}  // namespace ixian::context
