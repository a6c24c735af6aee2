// Which registries Docker's configuration knows, as a hint for people who have configured none. Nothing rests
// on it, so whatever is wrong with the file, there is no hint.
#include "auth/docker_logins.h"

#include <cstdlib>
#include <set>
#include <stdexcept>

#include "base/error.h"
#include "base/json.h"
#include "files/fs.h"

namespace ixian::auth {
namespace {

std::string config_file() {
  if (const char* folder = std::getenv("DOCKER_CONFIG"); folder != nullptr && *folder != '\0') {
    return std::string(folder) + "/config.json";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? "" : std::string(home) + "/.docker/config.json";
}

// "https://index.docker.io/v1/" is docker.io.
std::string login_host_of(std::string key) {
  if (const auto scheme = key.find("://"); scheme != std::string::npos) key.erase(0, scheme + 3);
  key.erase(std::min(key.find('/'), key.size()));
  return key == "index.docker.io" || key == "registry-1.docker.io" ? "docker.io" : key;
}

}  // namespace

DockerHosts docker_hosts() {
  DockerHosts found;
  try {
    const std::string file = config_file();
    const auto content = file.empty() ? std::nullopt : files::read_file(file);
    if (!content) return found;
    const base::Json config = base::parse_json(*content, 4 << 20, 32);
    if (!config.is_object()) return found;
    found.file = file;
    std::set<std::string> hosts;
    for (const char* section : {"auths", "credHelpers"}) {
      if (!config.contains(section) || !config.at(section).is_object()) continue;
      for (const auto& [key, value] : config.at(section).items()) hosts.insert(login_host_of(key));
    }
    found.hosts.assign(hosts.begin(), hosts.end());
    if (const auto store = config.find("credsStore"); store != config.end() && store->is_string()) {
      found.store = store->get<std::string>();
    }
  } catch (const base::Error&) {
    return {};
  } catch (const std::invalid_argument&) {
    return {};
  }
  return found;
}

}  // namespace ixian::auth
