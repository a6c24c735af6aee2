#include "script/docker_settings.h"

#include <pybind11/pybind11.h>

#include "script/errors.h"
#include "script/session.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {

std::chrono::seconds push_patience() {
  constexpr std::chrono::seconds kDefault{120};
  return call_python([&] {
    if (!has_docker()) return kDefault;
    return std::chrono::seconds(py::module_::import("ixian_docker._image_settings")
                                    .attr("push_patience")()
                                    .cast<std::chrono::seconds::rep>());
  });
}

DockerSettings image_settings() {
  return call_python([] {
    DockerSettings settings;
    settings.push = "never";
    settings.engine = "embedded";
    settings.network = "default";
    if (!has_docker()) return settings;
    const py::tuple row = py::module_::import("ixian_docker._image_settings").attr("settings")();
    settings.push = to_bytes(row[0]);
    settings.cache_from = to_strings(row[1]);
    settings.cache_repository = to_bytes(row[2]);
    settings.engine = to_bytes(row[3]);
    settings.branch = to_bytes(row[4]);
    settings.network = to_bytes(row[5]);
    const py::tuple limits = row[6];
    settings.memory = to_bytes(limits[0]);
    settings.pids_limit = to_bytes(limits[1]);
    settings.shm_size = to_bytes(limits[2]);
    settings.ulimits = to_strings(limits[3]);
    settings.fetch_limit = to_bytes(limits[4]);
    settings.fetch_timeout = to_bytes(limits[5]);
    return settings;
  });
}

}  // namespace ixian::script
