#include "app/engines.h"

#include <algorithm>
#include <utility>

#include "app/docker_services.h"
#include "docker/docker_engine.h"
#include "embedded/embedded_engine.h"

namespace ixian::app {
namespace {

std::unique_ptr<engine::Engine> make_embedded(EngineParts parts) {
  embedded::EngineServices services;
  services.store = std::move(parts.store);
  services.open_repo = std::move(parts.open_repo);
  services.open_for_push = std::move(parts.open_for_push);
  services.remote = std::move(parts.fetcher);
  services.losses = std::move(parts.losses);
  return embedded::make_embedded_engine(std::move(services));
}

std::unique_ptr<engine::Engine> make_docker(EngineParts parts) {
  return docker::make_docker_engine(docker_services(parts.registries, parts.cancellation));
}

}  // namespace

const std::vector<EngineType>& engine_types() {
  static const std::vector<EngineType> table = {
      {"embedded", "ix itself", "", "", make_embedded},
      {"docker", "the daemon of DOCKER_HOST", "Docker daemon", "DOCKER_HOST", make_docker},
  };
  return table;
}

const EngineType* find_engine_type(std::string_view name) {
  const auto& all = engine_types();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const EngineType& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace ixian::app
