// The build context without what its .dockerignore leaves out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "context/file_view.h"
#include "pattern/ignore_rules.h"

namespace ixian::context {

// A folder that is left out is there all the same where something below it is taken back by a "!" pattern.
class FilteredView : public FileView {
 public:
  FilteredView(std::shared_ptr<const FileView> all, pattern::IgnoreRules rules)
      : all_(std::move(all)), rules_(std::move(rules)) {}

  std::optional<tar::TarEntry> find(const std::string& path) const override;
  std::vector<std::string> children(const std::string& path) const override;
  std::vector<Child> list(const std::string& path) const override;
  std::map<std::string, std::string> xattrs(const std::string& path) const override {
    return all_->xattrs(path);
  }
  files::UniqueFd open(const std::string& path) const override { return all_->open(path); }
  std::string hard_link_group(const std::string& path) const override { return all_->hard_link_group(path); }

 private:
  bool is_visible(const std::string& path, const tar::TarEntry& entry) const;
  bool is_hidden(const std::string& path) const;

  const std::shared_ptr<const FileView> all_;
  const pattern::IgnoreRules rules_;
};

// The rules for the context that is the folder `context`: of `dockerfile_path` + ".dockerignore" where that
// is there, else of the context's .dockerignore, else none; then the patterns `excluded`, which have the last
// word. Neither file leads out of the context by a link (files/text_file.h). Throws Error{kTaskFailed} for a
// pattern that is malformed, and what files::read_text() throws.
pattern::IgnoreRules read_ignore_rules(const std::string& context, const std::string& dockerfile_path,
                                       const std::vector<std::string>& excluded = {});

}  // namespace ixian::context
