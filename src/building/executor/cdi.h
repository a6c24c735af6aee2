// Devices of this machine as the Container Device Interface names them, for RUN --device.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace ixian::executor {

// What a device adds to a container.
struct DeviceEdits {
  struct Node {
    std::string path;    // inside
    std::string source;  // of this machine
  };
  struct Mount {
    std::string target, source;
    bool read_only = false;
  };
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<Node> nodes;
  std::vector<Mount> mounts;
  bool has_hooks = false;  // programs that a runtime would run, and a RUN does not
};

// The specifications of this machine: every .json of /etc/cdi and /var/run/cdi, the latter first. What cannot
// be read is left out. `folders`: for tests.
std::vector<base::Json> cdi_specs(const std::vector<std::string>& folders = {"/var/run/cdi", "/etc/cdi"});

// What "vendor.com/class=name" asks for; "=*" is all of the kind, and the kind alone its first device. Empty
// where there is none.
std::vector<DeviceEdits> find_devices(const std::vector<base::Json>& specs, const std::string& name);

}  // namespace ixian::executor
