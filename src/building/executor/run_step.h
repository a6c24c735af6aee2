// RUN: one command over the files of the image so far.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/event.h"
#include "context/directory_view.h"
#include "executor/secret_values.h"
#include "executor/ssh_agent.h"
#include "layer/layer_writer.h"
#include "snapshot/lazy_layer.h"
#include "steps/build_plan.h"
#include "store/store.h"

namespace ixian::executor {

// What is handed on to RUNs and kept by nobody.
struct RunCredentials {
  SecretValues secrets;
  SshAgents ssh_agents;
};

// What the mounts of a RUN lead to.
struct RunInput {
  steps::MountedContext& mounted;
  std::shared_ptr<const context::DirectoryView>
      plain_context;                                    // may be mounted as it is; null where it is filtered
  std::map<std::size_t, snapshot::LayerStack> origins;  // by mount: the stage or image that it is from
  const std::vector<engine::SecretSource>& secrets;
  const std::vector<engine::SshSource>& ssh;
  RunCredentials& credentials;
  const std::vector<std::string>& build_arguments;  // proxies, "NAME=value"
  engine::BuildNetwork network = engine::BuildNetwork::kDefault;
  bool new_privileges = false;
  const engine::RunLimits& limits;
  const std::vector<std::pair<std::string, std::string>>& extra_hosts;
  const engine::DnsSettings& dns;
  oci::Platform platform;     // of the image
  bool of_project = false;    // as in StageJob
  layer::WriteOptions write;  // how the layer will be written
};

// What a RUN has changed, as an overlay's upper directory that lies in `work`.
struct RunChanges {
  std::unique_ptr<store::WorkDir> work;
  std::string upper;
  bool root = false;  // the root folder itself, too
};

// Throws Error where it can be told, before anything is fetched or run, that the step will not succeed: for
// want of a secret, of an emulator, of what the sandbox takes. `origins` is not looked at.
void check_run(const steps::Step& step, const RunInput& input);

// Every line that the command writes is output of `activity`. Throws Error, which the caller points at the
// step, where the command fails; Cancelled.
RunChanges run_command_step(const steps::Step& step, const snapshot::LayerStack& below, const RunInput& input,
                            snapshot::LayerContext& services, base::ActivityId activity);

}  // namespace ixian::executor
