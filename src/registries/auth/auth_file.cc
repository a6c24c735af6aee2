// Docker and podman write the same members with different keys. Docker's keys are hosts, in each form that
// its versions have used (with a scheme, with /v1/, docker.io under the name of its old index); podman's may
// also be a path within a host, "quay.io/team/app". The order of looking is podman's, whose first keys Docker
// never writes: the longest path first, the host as it is written today, then any key that means the host.
// Only in a file of Docker's does a key with a path behind the host mean the whole host.
#include "auth/auth_file.h"

#include <fmt/format.h>

#include <stdexcept>

#include "auth/docker_config.h"
#include "base/error.h"
#include "base/text.h"

namespace ixian::auth {
namespace {

using base::Json;

constexpr std::size_t kLargestFile = 4 << 20;
constexpr char kDockerHubServer[] = "https://index.docker.io/v1/";

bool is_docker_hub(std::string_view host) {
  return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
}

// "https://Registry.Example.com/v2/" → "registry.example.com".
std::string host_of(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (base::to_lower(key.substr(0, scheme.size())) == scheme) key.remove_prefix(scheme.size());
  const std::string host = base::to_lower(key.substr(0, key.find('/')));
  return is_docker_hub(host) ? "docker.io" : host;
}

Json object_at(const Json& document, const char* name) {
  const auto found = document.find(name);
  return found != document.end() && found->is_object() ? *found : Json::object();
}

Json parse(const std::string& name, std::string_view text) {
  if (base::trim(text).empty()) return Json::object();
  try {
    Json document = base::parse_json(text, kLargestFile, 32);
    if (document.is_object()) return document;
  } catch (const std::invalid_argument&) {  // whose text may repeat the file's
  }
  throw base::Error(
      base::ErrorCode::kRegistry,
      fmt::format("cannot read the credentials in {}: not JSON\nhint: fix it, or remove it and log in again",
                  name));
}

// An entry that says nothing at all, which is no mistake.
bool is_empty(const Json& entry) {
  if (!entry.is_object()) return entry.is_null();
  for (const char* name : {"auth", "username", "password", "identitytoken", "registrytoken"}) {
    const auto found = entry.find(name);
    if (found != entry.end() && *found != "") return false;
  }
  return true;
}

// Whether a key stands for a whole host, as older versions of `docker login` wrote it.
bool names_host(const std::string& key) {
  const std::size_t slash = key.find('/');
  return key.find("://") != std::string::npos || slash == std::string::npos || slash + 1 == key.size();
}

}  // namespace

AuthFile::AuthFile(std::string name, std::string_view text, Kind kind) : name_(std::move(name)), kind_(kind) {
  const Json document = parse(name_, text);
  entries_ = object_at(document, "auths");
  helpers_ = object_at(document, "credHelpers");
  if (const auto store = document.find("credsStore"); store != document.end() && store->is_string())
    store_ = store->get<std::string>();
}

AuthFile AuthFile::legacy(std::string name, std::string_view text) {
  AuthFile file(std::move(name));
  file.entries_ = parse(file.name_, text);
  return file;
}

std::string AuthFile::helper_for(const std::string& host) const {
  for (const auto& [key, value] : helpers_.items())
    if (value.is_string() && host_of(key) == host_of(host)) return value.get<std::string>();
  return "";
}

// Whether that was it.
bool AuthFile::take(const std::string& key, const Json& value, Entry& entry) const {
  if (is_empty(value)) return false;
  entry.credential = value.is_object() ? parse_auth_entry(value.dump()) : std::nullopt;
  if (entry.credential)
    entry.credential->source = "auths of " + name_;
  else if (entry.unusable.empty())
    entry.unusable = key;
  return entry.credential.has_value();
}

AuthFile::Entry AuthFile::entry(const CredentialQuery& target) const {
  Entry entry;
  const auto take_key = [&](const std::string& key) {
    const auto found = entries_.find(key);
    return found != entries_.end() && take(key, *found, entry);
  };
  std::string path = target.host + (target.repository.empty() ? "" : "/" + target.repository);
  for (; path.size() > target.host.size(); path.resize(path.rfind('/')))
    if (take_key(path)) return entry;
  // What `docker login` writes today comes before older spellings of the same host.
  for (const std::string& key : {server_name(target.host), target.host})
    if (take_key(key)) return entry;
  const std::string host = host_of(target.host);
  // Of several spellings those that name nothing but the host come first.
  for (const bool whole : {true, false}) {
    if (!whole && kind_ == Kind::kContainers) break;
    for (const auto& [key, value] : entries_.items())
      if (names_host(key) == whole && host_of(key) == host && take(key, value, entry)) return entry;
  }
  return entry;
}

bool AuthFile::mentions(const std::string& host) const {
  for (const auto& [key, _] : entries_.items())
    if (host_of(key) == host_of(host)) return true;
  return false;
}

std::string server_name(const std::string& host) {
  return is_docker_hub(host) ? kDockerHubServer : host;
}

}  // namespace ixian::auth
