// All tags of a repository, page by page, and bounded: a registry may go on without end.
#include "registry/tag_list.h"

#include <fmt/format.h>

#include <set>
#include <stdexcept>

#include "http/url.h"
#include "oci/reference.h"
#include "registry/pages.h"

namespace ixian::registry {
namespace {

constexpr std::size_t kPageSize = 1000;  // ECR refuses more
constexpr std::size_t kMostTags = 1'000'000;

class TagList {
 public:
  std::size_t add(const base::Json& page) {
    const std::size_t before = tags_.size();
    if (!page.is_object()) throw std::invalid_argument("not an object");
    const auto list = page.find("tags");
    if (list == page.end()) throw std::invalid_argument("no field \"tags\"");
    if (list->is_null()) return 0;  // none, or all of them removed
    if (!list->is_array()) throw std::invalid_argument("\"tags\" is not an array");
    for (const base::Json& tag : *list) {
      if (!tag.is_string()) throw std::invalid_argument("an entry of \"tags\" is not a string");
      if (oci::is_valid_tag(tag.get<std::string>())) tags_.insert(tag.get<std::string>());
    }
    if (tags_.size() > kMostTags) throw std::invalid_argument(fmt::format("more than {} tags", kMostTags));
    sent_ = list->size();
    last_ = list->empty() ? "" : list->back().get<std::string>();
    return tags_.size() - before;
  }

  // Whether the last part was as full as was asked for, so that more may follow though no link says so.
  bool may_go_on() const { return sent_ == kPageSize; }
  const std::string& last() const { return last_; }
  std::vector<std::string> all() const { return {tags_.begin(), tags_.end()}; }

 private:
  std::set<std::string> tags_;
  std::size_t sent_ = 0;
  std::string last_;
};

}  // namespace

std::vector<std::string> list_tags(HostClient& host, const Operation& work, const std::string& repository) {
  TagList tags;
  List list{fmt::format("/v2/{}/tags/list?n={}", repository, kPageSize), "list of tags",
            registry_auth::pull_scope(repository)};
  for (bool more = true; more;) {
    std::size_t fresh = 0;
    read_list(host, work, list, [&](const base::Json& page, const http::ResponseHead&) {
      const std::size_t count = tags.add(page);
      fresh += count;
      return count;
    });
    // Some registries cut a list without a Link: a full page is followed by a question for what comes after
    // its last tag, until one brings nothing new.
    more = fresh > 0 && tags.may_go_on();
    list.path =
        http::with_query(fmt::format("/v2/{}/tags/list?n={}", repository, kPageSize), "last", tags.last());
  }
  return tags.all();
}

}  // namespace ixian::registry
