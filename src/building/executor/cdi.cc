// CDI, versions 0.3 to 1.0, of what a RUN can take: device nodes, mounts and variables. The edits of a
// specification itself belong to each of its devices. Members that are not of the expected type are left out.
#include "executor/cdi.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "base/error.h"
#include "files/fs.h"

namespace ixian::executor {
namespace {

using base::Json;

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Json list_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : Json::array();
}

void add_edits(const Json& holder, DeviceEdits& all) {
  const auto found = holder.find("containerEdits");
  if (found == holder.end() || !found->is_object()) return;
  for (const Json& each : list_of(*found, "env")) {
    if (!each.is_string()) continue;
    const std::string variable = each.get<std::string>();
    const std::size_t equals = variable.find('=');
    if (equals != std::string::npos && equals > 0)
      all.environment.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
  }
  for (const Json& each : list_of(*found, "deviceNodes")) {
    if (!each.is_object()) continue;
    DeviceEdits::Node node{text_of(each, "path"), text_of(each, "hostPath")};
    if (node.source.empty()) node.source = node.path;
    if (node.path.starts_with('/') && node.source.starts_with('/')) all.nodes.push_back(std::move(node));
  }
  for (const Json& each : list_of(*found, "mounts")) {
    if (!each.is_object()) continue;
    DeviceEdits::Mount mount{text_of(each, "containerPath"), text_of(each, "hostPath"), false};
    for (const Json& option : list_of(each, "options")) mount.read_only = mount.read_only || option == "ro";
    if (mount.target.starts_with('/') && mount.source.starts_with('/'))
      all.mounts.push_back(std::move(mount));
  }
  all.has_hooks = all.has_hooks || !list_of(*found, "hooks").empty();
}

}  // namespace

std::vector<Json> cdi_specs(const std::vector<std::string>& folders) {
  std::vector<Json> specs;
  for (const std::string& folder : folders) {
    std::error_code error;
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
      if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    for (const std::string& path : paths) {
      try {
        Json spec = base::parse_json(files::read_file(path).value_or(""), 4u << 20);
        if (spec.is_object()) specs.push_back(std::move(spec));
      } catch (const std::invalid_argument&) {
      } catch (const base::Error&) {
      }
    }
  }
  return specs;
}

std::vector<DeviceEdits> find_devices(const std::vector<Json>& specs, const std::string& name) {
  const std::size_t equals = name.find('=');
  const std::string kind = name.substr(0, equals);
  const std::string wanted = equals == std::string::npos ? "" : name.substr(equals + 1);
  std::vector<DeviceEdits> found;
  for (const Json& spec : specs) {
    if (text_of(spec, "kind") != kind) continue;
    for (const Json& device : list_of(spec, "devices")) {
      if (!device.is_object()) continue;
      if (!wanted.empty() && wanted != "*" && text_of(device, "name") != wanted) continue;
      DeviceEdits edits;
      add_edits(spec, edits);
      add_edits(device, edits);
      found.push_back(std::move(edits));
      if (wanted != "*") return found;
    }
  }
  return found;
}

}  // namespace ixian::executor
