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

}  // namespace

AuthFile::AuthFile(std::string name, std::string_view text) : name_(std::move(name)) {
  Json document;
  try {
    if (base::trim(text).empty()) return;
    document = base::parse_json(text, kLargestFile, 32);
    if (!document.is_object()) throw std::invalid_argument("it is not an object");
  } catch (const std::invalid_argument&) {  // whose text may repeat the file's
    throw base::Error(
        base::ErrorCode::kRegistry,
        fmt::format("{} is not JSON, so the credentials in it cannot be read. Repair it, or remove "
                    "it and log in again.",
                    name_));
  }
  entries_ = object_at(document, "auths");
  helpers_ = object_at(document, "credHelpers");
  if (const auto store = document.find("credsStore"); store != document.end() && store->is_string())
    store_ = store->get<std::string>();
}

std::string AuthFile::helper_for(const std::string& host) const {
  for (const auto& [key, value] : helpers_.items())
    if (value.is_string() && host_of(key) == host_of(host)) return value.get<std::string>();
  return "";
}

std::optional<Credential> AuthFile::usable(const Json& entry) const {
  auto credential = entry.is_object() ? parse_auth_entry(entry.dump()) : std::nullopt;
  if (credential) credential->source = "auths of " + name_;
  return credential;
}

std::optional<Credential> AuthFile::entry_for_host(const std::string& host) const {
  for (const std::string& key : {server_name(host), host})
    if (const auto found = entries_.find(key); found != entries_.end())
      if (auto credential = usable(*found)) return credential;
  for (const auto& [key, entry] : entries_.items()) {
    const std::size_t slash = key.find('/');
    const bool whole_host =
        key.find("://") != std::string::npos || slash == std::string::npos || slash + 1 == key.size();
    if (whole_host && host_of(key) == host_of(host))
      if (auto credential = usable(entry)) return credential;
  }
  return std::nullopt;
}

std::optional<Credential> AuthFile::entry_by_path(const Target& target) const {
  std::string path = target.host + (target.repository.empty() ? "" : "/" + target.repository);
  while (path.size() > target.host.size()) {
    if (const auto found = entries_.find(path); found != entries_.end())
      if (auto credential = usable(*found)) return credential;
    path.resize(path.rfind('/'));
  }
  return entry_for_host(target.host);
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
