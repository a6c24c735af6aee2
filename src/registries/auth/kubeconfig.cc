// What kubectl reads, and how it merges several files: of two entries with one name the first file's counts
// as a whole, and paths in a file start at its directory. Only what leads to a token is kept, as a registry
// takes nothing else; that there is a certificate or a password instead is noted for the error. YAML is read
// as written: a token that looks like a number is text.
#include "auth/kubeconfig.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/trust.h"

namespace ixian::auth {
namespace {

YAML::Node member(const YAML::Node& node, const char* name) {
  return node.IsMap() ? node[name] : YAML::Node(YAML::NodeType::Undefined);
}

// A scalar of any kind as it is written; "" where there is none.
std::string text_of(const YAML::Node& node) {
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : "";
}

std::string text_of(const YAML::Node& node, const char* name) {
  return text_of(member(node, name));
}

bool has_text(const YAML::Node& node, const char* name) {
  return !text_of(node, name).empty();
}

KubeExec exec_of(const YAML::Node& node, const std::string& folder) {
  KubeExec exec;
  exec.command = text_of(node, "command");
  // A name without a slash is looked up in PATH.
  if (exec.command.find('/') != std::string::npos) exec.command = files::absolute_path(exec.command, folder);
  if (const YAML::Node args = member(node, "args"); args.IsDefined() && args.IsSequence()) {
    for (const auto& arg : args) exec.args.push_back(text_of(arg));
  }
  if (const YAML::Node env = member(node, "env"); env.IsDefined() && env.IsSequence()) {
    for (const auto& variable : env) {
      if (has_text(variable, "name")) exec.env[text_of(variable, "name")] = text_of(variable, "value");
    }
  }
  exec.api_version = text_of(node, "apiVersion");
  exec.install_hint = text_of(node, "installHint");
  exec.provide_cluster_info = text_of(node, "provideClusterInfo") == "true";
  exec.needs_terminal = text_of(node, "interactiveMode") == "Always";
  return exec;
}

KubeUser user_of(const YAML::Node& node, const std::string& folder) {
  KubeUser user;
  user.token = base::Secret(text_of(node, "token"));
  if (has_text(node, "tokenFile")) user.token_file = files::absolute_path(text_of(node, "tokenFile"), folder);
  if (const YAML::Node exec = member(node, "exec"); exec.IsDefined() && exec.IsMap()) {
    user.exec = exec_of(exec, folder);
  }
  if (const YAML::Node provider = member(node, "auth-provider"); provider.IsDefined()) {
    user.auth_provider = text_of(provider, "name");
  }
  user.has_client_certificate =
      has_text(node, "client-certificate") || has_text(node, "client-certificate-data");
  user.has_password = has_text(node, "username") && has_text(node, "password");
  return user;
}

// Calls `add` with the name and the inner node of each entry of [{name: N, <kind>: {…}}, …].
template <typename Add>
void each_entry(const YAML::Node& root, const char* list, const char* kind, const Add& add) {
  const YAML::Node entries = member(root, list);
  if (!entries.IsDefined() || !entries.IsSequence()) return;
  for (const auto& entry : entries) {
    const YAML::Node inner = member(entry, kind);
    if (has_text(entry, "name") && inner.IsDefined()) add(text_of(entry, "name"), inner);
  }
}

}  // namespace

void merge_kubeconfig(Kubeconfig& config, const std::string& text, const std::string& file,
                      const std::string& folder) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap() && !root.IsNull()) {
      base::fail_registry(fmt::format("{} is not a kubeconfig: not a mapping", base::printable_path(file)));
    }
    if (config.current_context.empty()) config.current_context = text_of(root, "current-context");
    each_entry(root, "contexts", "context", [&](const std::string& name, const YAML::Node& node) {
      config.contexts.emplace(name, KubeContext{text_of(node, "cluster"), text_of(node, "user")});
    });
    each_entry(root, "users", "user", [&](const std::string& name, const YAML::Node& node) {
      config.users.emplace(name, user_of(node, folder));
    });
    each_entry(root, "clusters", "cluster", [&](const std::string& name, const YAML::Node& node) {
      config.clusters.emplace(
          name, KubeCluster{text_of(node, "server"), text_of(node, "certificate-authority-data")});
    });
  } catch (const YAML::Exception& error) {
    // The parser's own text would show the line, and it may hold a token.
    base::fail_registry(
        fmt::format("{} is not YAML: invalid line {}", base::printable_path(file), error.mark.line + 1));
  }
  config.files.push_back(file);
}

Kubeconfig read_kubeconfig(const std::vector<std::string>& files) {
  Kubeconfig config;
  for (const std::string& file : files) {
    std::optional<std::string> text;
    try {
      text = files::read_credentials_file(file);
    } catch (const base::Error& error) {
      base::fail_registry(error.message());
    }
    // As kubectl: a file in KUBECONFIG that is not there is no error.
    if (!text) continue;
    const std::string full = files::absolute_path(file, files::current_directory());
    merge_kubeconfig(config, *text, file, full.substr(0, std::max<std::size_t>(full.rfind('/'), 1)));
    base::wipe(*text);
  }
  return config;
}

std::vector<std::string> kubeconfig_files(const aws::Environment& environment) {
  std::vector<std::string> files;
  const std::string variable = environment.variable("KUBECONFIG").value_or("");
  for (std::string_view file : base::split(variable, ':')) {
    if (!file.empty()) files.emplace_back(file);
  }
  if (files.empty() && !environment.home.empty()) files.push_back(environment.home + "/.kube/config");
  return files;
}

}  // namespace ixian::auth
