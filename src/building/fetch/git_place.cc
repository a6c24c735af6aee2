// A repository's server decides what is fetched beyond it: by redirects, and by the URLs of submodules. git
// goes wherever they lead. So each URL is asked for here first, as git would ask ("info/refs"), by the client
// that judges connections; and git gets what came of it by its configuration, which goes to its children,
// too.
#include "fetch/git_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/base64.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "fetch/url_source.h"
#include "http/proxy.h"
#include "http/resolver.h"

namespace ixian::fetch {
namespace {

using http::AddressKind;
using http::Url;

constexpr const char* kQuestion = "/info/refs?service=git-upload-pack";
constexpr int kGitPort = 9418;
constexpr int kSshPort = 22;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_';
}

// "host", "host:port", "[host]:port".
bool parse_host(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    url.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (url.host.find(':') != std::string::npos && !http::is_address(url.host)) return false;
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    url.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  const bool literal = url.host.find(':') != std::string::npos;
  if (url.host.empty() || url.host.starts_with('-')) return false;
  if (!literal && !std::all_of(url.host.begin(), url.host.end(), is_host_character)) return false;
  url.host = base::to_lower(url.host);
  if (port.empty() || port == ":") return true;
  if (port.front() != ':') return false;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  return error == std::errc() && end == port.data() + port.size() && url.port > 0 && url.port <= 65535;
}

// user@host:path, in which host may be [host:port].
std::optional<Url> parse_scp(std::string_view text) {
  const std::size_t bracket = text.find('[');
  const std::size_t colon =
      text.find(':', bracket == std::string_view::npos ? 0 : std::min(text.find(']'), text.size()));
  if (colon == std::string_view::npos || text.find('/') < colon) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::size_t at = host.rfind('@');
  if (at != std::string_view::npos) host.remove_prefix(at + 1);
  Url url{"ssh", "", kSshPort, std::string(text.substr(colon + 1)), ""};
  // In brackets, the port is inside.
  if (host.starts_with('[') && host.ends_with(']') && host.find("::") == std::string_view::npos) {
    host.remove_prefix(1);
    host.remove_suffix(1);
  }
  return parse_host(host, url) ? std::optional(url) : std::nullopt;
}

bool is_http(const Url& url) {
  return url.scheme == "http" || url.scheme == "https";
}

}  // namespace

std::optional<Url> parse_git_url(const std::string& text) {
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '\\'; })) {
    return std::nullopt;
  }
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string::npos)
    return text.substr(0, text.find('[')).find("::") == std::string::npos ? parse_scp(text) : std::nullopt;
  const std::string scheme = text.substr(0, scheme_end);
  if (scheme == "http" || scheme == "https") return http::parse_url(dockerfile::without_login(text).url);
  const bool ssh = scheme == "ssh" || scheme == "git+ssh" || scheme == "ssh+git";
  if (!ssh && scheme != "git") return std::nullopt;
  const std::string_view rest = std::string_view(text).substr(scheme_end + 3);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::string_view host = rest.substr(0, slash);
  const std::size_t at = host.rfind('@');
  if (ssh && at != std::string_view::npos) host.remove_prefix(at + 1);
  Url url{ssh ? "ssh" : "git", "", ssh ? kSshPort : kGitPort, std::string(rest.substr(slash)), ""};
  return parse_host(host, url) ? std::optional(url) : std::nullopt;
}

// One URL on its way to its place.
struct GitPlaces::Search {
  std::string url;                   // as git will be given it
  const GitPlace* parent = nullptr;  // of a submodule
  dockerfile::Login login{};         // of the user's own
  std::string leads_to{};            // what git is to take instead
  bool proxied = false;
  GitPlace place{};
};

GitPlace GitPlaces::resolve(const std::string& url, const dockerfile::Login& login) {
  return resolve(Search{url, nullptr, login});
}

GitPlace GitPlaces::resolve_submodule(const std::string& url, const GitPlace& parent) {
  return resolve(Search{url, &parent});
}

GitPlace GitPlaces::resolve(Search search) {
  // insteadOf of the user's configuration.
  search.leads_to = base::trim(git_.run({"ls-remote", "--get-url", "--", search.url}));
  const auto host = parse_git_url(search.leads_to);
  if (!host) fail(search, "has an unsupported address (expected: http, https, git or ssh)");
  GitPlace& place = search.place;
  place.host = *host;
  if (search.parent != nullptr)
    place.reach = http::reach_from(search.parent->host, search.parent->kind, *host, search.parent->reach);
  place.kind = http::address_kind(host->host);
  if (!http::may_reach(place.reach, place.kind)) refuse(search, host->host, place.kind);
  if (is_http(*host)) {
    ask_server(search);
  } else {
    judge_name(search);
  }
  // The longest that fits counts, so nothing else changes it.
  git_.configure("url." + search.leads_to + ".insteadOf", search.url);
  return place;
}

const GitPlaces::Route& GitPlaces::route_to(const Url& host) {
  const std::string origin = host.origin();
  if (const auto known = routes_.find(origin); known != routes_.end()) return known->second;
  const process::CaptureResult own = git_.ask({"config", "--get-urlmatch", "http.proxy", origin + "/"});
  if (own.status.ok()) {
    const std::string proxy = own.output.reveal();
    return routes_.emplace(origin, Route{true, !base::trim(proxy).empty()}).first->second;
  }
  // git and curl read the variables in ways of their own.
  const std::string proxy = http::proxy_for(host, base::environment_variable);
  git_.configure("http." + origin + ".proxy", proxy);
  if (!proxy.empty()) {
    git_.set_variable("NO_PROXY", "");
    git_.set_variable("no_proxy", "");
  }
  return routes_.emplace(origin, Route{false, !proxy.empty()}).first->second;
}

void GitPlaces::ask_server(Search& search) {
  GitPlace& place = search.place;
  const Route& route = route_to(place.host);
  search.proxied = route.proxied;
  if (route.gits_own || !place.host.query.empty()) return judge_name(search);
  std::string base = place.host.text();
  while (base.ends_with('/')) base.pop_back();
  http::Request request;
  request.url = base + kQuestion;
  request.headers.set("Git-Protocol", "version=2");
  request.headers.set("User-Agent", "git/2 (ix)");
  if (!search.login.empty())
    request.secret_headers.emplace_back(
        "Authorization", base::basic_authorization(search.login.user, base::Secret(search.login.password)));
  request.retries = 0;
  request.silence = limits_.silence;
  request.time_limit = git_.time_left();
  request.reach = place.reach;
  http::ResponseHead head;
  try {
    head = client_.send(request).head;
  } catch (const http::TransportError& error) {
    git_.check_time();
    // git may trust whom we do not, by its own configuration.
    if (error.failure == http::TransportFailure::kTls) return judge_name(search);
    if (error.failure == http::TransportFailure::kStalled)
      fail(search, fmt::format("timed out: no data from its server for {}s", limits_.silence.count()));
    fail(search, "cannot be reached", error.message());
  } catch (const base::Error& error) {
    fail(search, "cannot be reached", error.message());
  }
  if (head.url != request.url) {
    const auto to = http::parse_url(head.url);
    if (!to || !head.url.ends_with(kQuestion))
      fail(search,
           fmt::format("redirects to {}, which is not a repository", dockerfile::shown_url(head.url)));
    search.leads_to = head.url.substr(0, head.url.size() - std::string_view(kQuestion).size());
    place.host = *to;
    route_to(*to);
  }
  place.kind = head.peer;
  if (!head.peer_address.empty()) pin(search, head.peer_address, head.peer);
}

void GitPlaces::judge_name(Search& search) {
  GitPlace& place = search.place;
  if (search.proxied) return;
  const std::vector<http::NamedAddress> all = http::addresses_of(place.host.host);
  if (all.empty()) {
    // ssh may know the name by its configuration; git says itself that it does not know what the user has
    // named. Anything else could get an address when git asks.
    if (place.host.scheme != "ssh" && search.parent != nullptr)
      fail(search, fmt::format("cannot be reached: cannot resolve host {}", place.host.host));
    return;
  }
  const auto out_of_reach = [&](const http::NamedAddress& address) {
    return !http::may_reach(place.reach, address.kind);
  };
  const bool any = place.host.scheme == "ssh";  // which of them ssh takes is its own choice
  const auto wrong = std::find_if(all.begin(), all.end(), out_of_reach);
  const auto right = std::find_if_not(all.begin(), all.end(), out_of_reach);
  if (right == all.end() || (any && wrong != all.end())) refuse(search, wrong->text, wrong->kind);
  place.kind = right->kind;
  if (is_http(place.host)) {
    pin(search, right->text, right->kind);
  } else if (place.host.scheme == "git" && search.parent != nullptr) {
    search.leads_to =
        fmt::format("git://{}:{}{}", http::bracketed(right->text), place.host.port, place.host.path);
  }
}

void GitPlaces::pin(Search& search, const std::string& address, AddressKind kind) {
  const Url& host = search.place.host;
  if (http::is_address(host.host)) return;
  const std::string name = fmt::format("{}:{}", host.host, host.port);
  const auto [known, is_new] = pins_.try_emplace(name, PinnedAddress{address, kind});
  if (is_new) {
    git_.configure("http.curloptResolve", name + ":" + http::bracketed(address));
    // Some versions of curl look a fully qualified name up without its last dot.
    if (host.host.ends_with('.')) {
      git_.configure("http.curloptResolve", fmt::format("{}:{}:{}", host.host.substr(0, host.host.size() - 1),
                                                        host.port, http::bracketed(address)));
    }
  } else if (!http::may_reach(search.place.reach, known->second.kind)) {
    refuse(search, known->second.address, known->second.kind);
  }
}

void GitPlaces::refuse(const Search& search, const std::string& address, AddressKind kind) const {
  fail(search, fmt::format("is at {}, {}", address, http::refusal_of(kind)));
}

void GitPlaces::fail(const Search& search, const std::string& reason, const std::string& context) const {
  if (search.parent == nullptr) git_.fail("it " + reason, context);
  git_.fail(
      fmt::format("its submodule {} {}", base::printable_path(dockerfile::shown_url(search.url)), reason),
      context);
}

}  // namespace ixian::fetch
