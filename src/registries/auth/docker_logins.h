// What `docker login` has left on this machine, as far as it may be told.
#pragma once

#include <string>
#include <vector>

namespace ixian::auth {

struct DockerHosts {
  std::string file;                // the configuration that was read, "" is none
  std::vector<std::string> hosts;  // that it has credentials or a helper for, sorted
  std::string store;               // the helper that keeps credentials for all other hosts, "" is none
};

// Of $DOCKER_CONFIG/config.json, else ~/.docker/config.json. A file that cannot be read counts as none.
DockerHosts docker_hosts();

}  // namespace ixian::auth
