// How long a list is the other side decides. What it may cost is bounded in two ways: by the entries, which
// are held in memory, and by the parts, of which each must be worth its question. Registries have 50 entries
// and more in a part; one that keeps sending next to nothing sends without end.
#include "registry/pages.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <stdexcept>

#include "base/byte_source.h"
#include "base/text.h"
#include "registry/link.h"

namespace ixian::registry {
namespace {

constexpr std::size_t kMaxPageBytes = 16 << 20;
constexpr std::size_t kMaxEntries = 1'000'000;
constexpr std::size_t kFreePages = 100;    // whatever is in them
constexpr std::size_t kEntriesAPage = 10;  // at least, of those that follow, on the average
constexpr std::size_t kLongestLink = 200;

class ListReader {
 public:
  ListReader(HostClient& host, const Operation& work, const List& list, const TakePage& take)
      : host_(host), work_(work), list_(list), take_(take) {}

  bool run() {
    http::Request request;
    request.url = list_.path;
    while (true) {
      http::Response response = host_.send(work_, request, list_.scopes);
      // Only the first part may be missing: then there is no list. Later it would be half a list.
      if (pages_ == 0 && is_absent(response.head.status)) return false;
      if (!response.head.ok()) throw failure(work_, response.head, response.text());
      const std::string here = response.head.url;
      asked_.insert(here);
      take_page(response);
      const std::optional<std::string> next = next_of(response.head);
      if (!next) return true;
      request.url = resolved(here, *next);
      if (!asked_.insert(request.url).second)
        fail(fmt::format("{} refers back to an earlier part of the {}", host_.host(), list_.what));
      check_bounds();
    }
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw failure(work_, reason +
                             "; an incomplete list is not used\nhint: check for a proxy or firewall in "
                             "between, or ask the registry's administrator");
  }

  bool is_absent(int status) const {
    return status == 404 || (list_.may_lack && (status == 400 || status == 405 || status == 406));
  }

  void take_page(http::Response& response) {
    const std::string body = base::read_all(*response.body, kMaxPageBytes,
                                            fmt::format("part {} of the {}", pages_ + 1, list_.what));
    ++pages_;
    try {
      entries_ += take_(base::parse_json(body, kMaxPageBytes), response.head);
    } catch (const std::invalid_argument& error) {
      throw failure(work_, fmt::format("{} did not return a {}", host_.host(), list_.what), error.what());
    }
  }

  std::optional<std::string> next_of(const http::ResponseHead& head) const {
    try {
      return next_link(head.headers.all("Link"));
    } catch (const std::invalid_argument& error) {
      fail(fmt::format("invalid Link header from {} for the rest of the {}: {}", host_.host(), list_.what,
                       error.what()));
    }
  }

  std::string resolved(const std::string& from, const std::string& next) const {
    const std::optional<http::Url> here = http::parse_url(from);
    const std::optional<http::Url> there = here ? http::resolve_url(*here, next) : std::nullopt;
    // Elsewhere our credentials would go along, or be missing.
    if (there && http::same_origin(*here, *there)) return there->text();
    fail(fmt::format(
        "{} continues the list at another host, {}, which is not followed", host_.host(),
        there ? there->origin() : base::printable_path(std::string_view(next).substr(0, kLongestLink))));
  }

  void check_bounds() const {
    if (entries_ > kMaxEntries)
      fail(fmt::format("the {} of {} has more than {} entries", list_.what, host_.host(), kMaxEntries));
    if (pages_ > kFreePages && entries_ < (pages_ - kFreePages) * kEntriesAPage)
      fail(fmt::format("the {} does not end: {} has sent {} parts with {} entries", list_.what, host_.host(),
                       pages_, entries_));
  }

  HostClient& host_;
  const Operation& work_;
  const List& list_;
  const TakePage& take_;
  std::set<std::string> asked_;
  std::size_t pages_ = 0;
  std::size_t entries_ = 0;
};

}  // namespace

bool read_list(HostClient& host, const Operation& work, const List& list, const TakePage& take) {
  try {
    return ListReader(host, work, list, take).run();
  } catch (const http::TransportError& error) {
    throw failure(work, error);
  }
}

}  // namespace ixian::registry
