// Credentials for OpenShift's integrated registry: the token of whoever we are to the cluster.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/providers.h"

namespace ixian::auth {

inline constexpr const char* kPodServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

// openshift_provider() with the folder of the pod's service account named, for tests.
//
// Tokens in files are read at each look-up, as they are replaced while we run. Those that programs print are
// kept until they end or are refused. The token is given as a password, which the registry takes for any user
// name; its token server answers the same token.
//
// The kubeconfig option is a path. As a reference (vault:ci/openshift#kubeconfig) it stands for the file's
// content, or for its path where what is loaded starts with "/" or "~/".
std::shared_ptr<CredentialProvider> openshift_provider_in(const std::string& host, const base::Json& options,
                                                          const Services& services,
                                                          const std::string& service_account);

// For hosts inside the cluster (*.svc, *.svc.cluster.local), whose certificates the cluster itself signs.
std::vector<std::string> openshift_ca_files_in(const std::string& host, const std::string& service_account);

}  // namespace ixian::auth
