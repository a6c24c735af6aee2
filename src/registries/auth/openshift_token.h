// The places where a cluster's token may be, asked in order.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "auth/kubeconfig.h"
#include "auth/kubeconfig_exec.h"
#include "aws/credentials.h"
#include "base/cancel.h"
#include "base/secret.h"

namespace ixian::auth {

struct ClusterToken {
  base::Secret token;
  std::optional<std::chrono::system_clock::time_point> expires;
  bool from_program = false;  // is worth keeping
  std::string source;         // "the token of context dev in ~/.kube/config"
};

// nullopt where there is no such file. Throws Error{kRegistry} where it is empty or cannot be read.
std::optional<ClusterToken> pod_token(const std::string& service_account);

// The token of the context, "" being the current one. Throws Error{kRegistry} that says what there is
// instead: no file, no such context, a client certificate, a plugin that fails.
ClusterToken kubeconfig_token(const Kubeconfig& config, const std::string& context,
                              const aws::Environment& environment, base::Cancellation& cancellation);

// The same, of files that are read first.
ClusterToken kubeconfig_token(const std::vector<std::string>& files, const std::string& context,
                              const aws::Environment& environment, base::Cancellation& cancellation);

// Of `oc whoami -t`. Throws Error{kRegistry}.
ClusterToken oc_token(const aws::Environment& environment, base::Cancellation& cancellation);

}  // namespace ixian::auth
