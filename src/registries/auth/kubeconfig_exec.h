// Tokens from the programs that a kubeconfig names (client-go's exec credential plugins).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "auth/kubeconfig.h"
#include "base/cancel.h"
#include "base/json.h"
#include "base/secret.h"

namespace ixian::auth {

struct ExecToken {
  base::Secret token;
  std::optional<std::chrono::system_clock::time_point> expires;
};

// What the program gets in KUBERNETES_EXEC_INFO. The cluster is left out where the plugin does not want it.
base::Json exec_info(const KubeExec& exec, const KubeCluster* cluster);

// What it printed: an ExecCredential with a status.token. Throws std::invalid_argument, which says what it is
// instead and repeats nothing of it.
ExecToken parse_exec_credential(const std::string& output);

// Runs it. Throws Error{kRegistry} with what it said on its standard error.
ExecToken ask_exec_plugin(const KubeExec& exec, const KubeCluster* cluster, base::Cancellation& cancellation);

}  // namespace ixian::auth
