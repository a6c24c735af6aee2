#include "registry/tag_list.h"

#include <fmt/format.h>

#include <set>

#include "base/byte_source.h"
#include "base/json.h"
#include "oci/reference.h"
#include "registry/link.h"

namespace ixian::registry {
namespace {

constexpr int kPageSize = 1000;  // ECR refuses more
constexpr int kMaxPages = 10'000;
constexpr std::size_t kMaxPageBytes = 16 << 20;

void add_tags(const Work& work, const std::string& body, std::set<std::string>& tags) {
  base::Json page;
  try {
    page = base::parse_json(body, kMaxPageBytes);
  } catch (const std::invalid_argument& error) {
    throw failure(work, work.host + " did not answer with a list of tags.", error.what());
  }
  const auto list = page.is_object() ? page.find("tags") : page.end();
  if (!page.is_object() || list == page.end() || list->is_null()) return;
  if (!list->is_array()) throw failure(work, work.host + " did not answer with a list of tags.");
  for (const base::Json& tag : *list) {
    if (tag.is_string() && oci::is_valid_tag(tag.get<std::string>())) tags.insert(tag.get<std::string>());
  }
}

}  // namespace

std::vector<std::string> list_tags(HostClient& host, const Work& work, const std::string& repository) {
  std::set<std::string> tags;
  std::set<std::string> asked;
  http::Request request;
  request.url = fmt::format("/v2/{}/tags/list?n={}", repository, kPageSize);
  try {
    for (int page = 0; page < kMaxPages; ++page) {
      http::Response response = host.send(work, request, pull_scope(repository));
      if (response.head.status == 404) break;
      if (!response.head.ok()) throw failure(work, response.head, response.text());
      add_tags(work, base::read_all(*response.body, kMaxPageBytes, "The list of tags of " + repository),
               tags);
      const std::optional<std::string> next = next_link(response.head.headers.all("Link"));
      if (!next) break;
      const std::optional<http::Url> here = http::parse_url(response.head.url);
      const std::optional<http::Url> there = here ? http::resolve_url(*here, *next) : std::nullopt;
      if (!there || !http::same_origin(*here, *there)) {
        throw failure(work,
                      fmt::format("{} continues the list at another place, {}, where it is not followed.",
                                  work.host, there ? there->origin() : *next));
      }
      request.url = there->text();
      if (!asked.insert(request.url).second) break;  // a ring
    }
  } catch (const http::TransportError& error) {
    throw failure(work, error);
  }
  return {tags.begin(), tags.end()};
}

}  // namespace ixian::registry
