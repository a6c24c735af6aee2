// kubectl's configuration: clusters, users, and the contexts that pair them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "base/secret.h"

namespace ixian::auth {

// A program that prints an ExecCredential (client.authentication.k8s.io).
struct KubeExec {
  std::string command;  // made absolute where it has a slash
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string api_version;
  std::string install_hint;
  bool provide_cluster_info = false;
  bool needs_terminal = false;
};

struct KubeUser {
  base::Secret token;
  std::string token_file;  // absolute
  std::optional<KubeExec> exec;
  std::string auth_provider;  // the name of one of the built-in ones that were removed from kubectl
  bool has_client_certificate = false;
  bool has_password = false;
};

struct KubeCluster {
  std::string server;
  std::string certificate_authority_data;  // base64
};

struct KubeContext {
  std::string cluster;
  std::string user;
};

// Several files, merged: of two entries with one name the first counts (the documentation of kubectl,
// "Organizing Cluster Access Using kubeconfig Files").
struct Kubeconfig {
  std::vector<std::string> files;  // that were there and have been read
  std::string current_context;
  std::map<std::string, KubeContext> contexts;
  std::map<std::string, KubeUser> users;
  std::map<std::string, KubeCluster> clusters;
};

// Adds one file's text. Relative paths in it start in `folder`. `file` is for messages. Throws
// Error{kRegistry} that names the file and the line, and repeats nothing of the text.
void merge_kubeconfig(Kubeconfig& config, const std::string& text, const std::string& file,
                      const std::string& folder);

// Files that do not exist are passed over. Throws Error{kRegistry} for those that cannot be read.
Kubeconfig read_kubeconfig(const std::vector<std::string>& files);

// $KUBECONFIG's files, separated by colons, else ~/.kube/config.
std::vector<std::string> kubeconfig_files(const aws::Environment& environment);

}  // namespace ixian::auth
