// A token in the order of kubectl: the file of a user before the token beside it (the file is renewed, the
// token is what it once held), then the exec plugin. What there is instead of a token decides the sentence of
// the error, as each has another remedy.
#include "auth/openshift_token.h"

#include <fmt/format.h>

#include "aws/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "files/trust.h"
#include "process/capture.h"

namespace ixian::auth {
namespace {

// "" is an empty file.
std::optional<base::Secret> read_token(const std::string& path) {
  std::optional<std::string> content;
  try {
    content = files::read_credentials_file(path);
  } catch (const base::Error& error) {
    base::fail_registry(error.message());
  }
  if (!content) return std::nullopt;
  base::Secret token{std::string(base::trim(*content))};
  base::wipe(*content);
  return token;
}

std::string shown(const std::vector<std::string>& files, const aws::Environment& environment) {
  std::vector<std::string> texts;
  for (const auto& file : files) texts.push_back(base::printable_path(aws::show_path(environment, file)));
  return base::join(texts, ", ");
}

// What a user without a token has instead.
[[noreturn]] void fail_without_token(const KubeUser& user, const std::string& where) {
  if (!user.auth_provider.empty()) {
    base::fail_registry(
        fmt::format("{} uses the auth-provider {}, which Kubernetes has replaced by exec plugins", where,
                    user.auth_provider));
  }
  if (user.has_client_certificate) {
    base::fail_registry(where +
                        " has a client certificate and no token, but the registry accepts only tokens");
  }
  if (user.has_password) {
    base::fail_registry(where + " has a password and no token, but the registry accepts only tokens");
  }
  base::fail_registry(where + " has no token");
}

ClusterToken token_of_user(const KubeUser& user, const KubeCluster* cluster, const std::string& where,
                           base::Cancellation& cancellation) {
  if (!user.token_file.empty()) {
    auto token = read_token(user.token_file);
    if (token && !token->empty())
      return {std::move(*token), std::nullopt, false, "the token file of " + where};
    if (user.token.empty()) {
      base::fail_registry(fmt::format("the tokenFile {} of {} {}", base::printable_path(user.token_file),
                                      where, token ? "is empty" : "does not exist"));
    }
  }
  if (!user.token.empty()) return {user.token, std::nullopt, false, "the token of " + where};
  if (user.exec) {
    ExecToken answer = ask_exec_plugin(*user.exec, cluster, cancellation);
    return {std::move(answer.token), answer.expires, true, "the exec plugin of " + where};
  }
  fail_without_token(user, "The " + where);
}

}  // namespace

std::optional<ClusterToken> pod_token(const std::string& service_account) {
  const std::string path = service_account + "/token";
  auto token = read_token(path);
  if (!token) return std::nullopt;
  if (token->empty())
    base::fail_registry(fmt::format("the token of the pod's service account, {}, is empty", path));
  return ClusterToken{std::move(*token), std::nullopt, false, "the pod's service account"};
}

ClusterToken kubeconfig_token(const std::vector<std::string>& files, const std::string& context,
                              const aws::Environment& environment, base::Cancellation& cancellation) {
  const Kubeconfig config = read_kubeconfig(files);
  if (config.files.empty()) {
    base::fail_registry(fmt::format("kubeconfig not found ({})",
                                    files.empty() ? "no home directory" : shown(files, environment)));
  }
  return kubeconfig_token(config, context, environment, cancellation);
}

ClusterToken kubeconfig_token(const Kubeconfig& config, const std::string& context,
                              const aws::Environment& environment, base::Cancellation& cancellation) {
  const std::string places = shown(config.files, environment);
  const std::string name = context.empty() ? config.current_context : context;
  if (name.empty())
    base::fail_registry(fmt::format("{} has no current context\nhint: set the option `context`", places));
  const auto found = config.contexts.find(name);
  if (found == config.contexts.end()) {
    std::vector<std::string> names;
    for (const auto& [other, unused] : config.contexts) names.push_back(other);
    base::fail_registry(fmt::format("{} has no context {}{}", places, name, base::did_you_mean(name, names)));
  }
  const std::string where = fmt::format("context {} in {}", name, places);
  const auto user = config.users.find(found->second.user);
  if (user == config.users.end()) base::fail_registry(fmt::format("the {} has no user", where));
  const auto cluster = config.clusters.find(found->second.cluster);
  return token_of_user(user->second, cluster == config.clusters.end() ? nullptr : &cluster->second, where,
                       cancellation);
}

ClusterToken oc_token(const aws::Environment& environment, base::Cancellation& cancellation) {
  process::CaptureOptions question;
  question.argv = {"oc", "whoami", "-t"};
  for (const char* name : {"PATH", "HOME", "KUBECONFIG"}) {
    // The variables as they are for us, which in tests are not the process's own.
    if (const auto value = environment.variable(name)) question.env[name] = *value;
  }
  try {
    const process::CaptureResult answer = process::capture_output(question, cancellation);
    base::Secret token{std::string(base::trim(answer.output.reveal()))};
    if (answer.status.ok() && !token.empty()) {
      return {std::move(token), std::nullopt, true, "`oc whoami -t`"};
    }
    const std::string_view said = base::trim(answer.error);
    base::fail_registry(fmt::format("`oc whoami -t` has no token (exit code: {})", answer.status.code),
                        base::without_secret(std::string(said), token));
  } catch (const process::LaunchError& error) {
    base::fail_registry(error.not_found ? "oc is not installed" : error.message());
  }
}

}  // namespace ixian::auth
