// The engine that asks a daemon keeps what all engines promise. DOCKER_HOST names the daemon;
// test_contracts.py starts one.
#include <cstdlib>
#include <memory>

#include "docker/docker_engine.h"
#include "testing/engine_contract.h"

namespace ixian::testing {

class DockerFixture {
 public:
  DockerFixture() {
    const docker::Environment environment = [](const std::string& name) -> std::optional<std::string> {
      const char* value = std::getenv(name.c_str());
      return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    engine_ = docker::make_docker_engine({never_, environment, nullptr, nullptr, nullptr, ""});
  }

  engine::Engine& engine() { return *engine_; }

 private:
  base::Cancellation never_;
  std::unique_ptr<engine::Engine> engine_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Docker, EngineContract, DockerFixture);

}  // namespace ixian::testing
