// Kubernetes' protocol for plugins that mint tokens (ExecCredential, client.authentication.k8s.io): what is
// wanted goes in as JSON in KUBERNETES_EXEC_INFO, the answer is one JSON object on standard output. The
// versions of the protocol differ in nothing that is read here, so each is told its own and none is refused.
#include "auth/kubeconfig_exec.h"

#include <fmt/format.h>

#include <stdexcept>

#include "aws/timestamp.h"
#include "base/error.h"
#include "base/text.h"
#include "process/capture.h"

namespace ixian::auth {
namespace {

process::CaptureResult run(const KubeExec& exec, const KubeCluster* cluster,
                           base::Cancellation& cancellation) {
  process::CaptureOptions question;
  question.argv = {exec.command};
  question.argv.insert(question.argv.end(), exec.args.begin(), exec.args.end());
  question.env = exec.env;
  question.env["KUBERNETES_EXEC_INFO"] = base::canonical_json(exec_info(exec, cluster));
  try {
    return process::capture_output(question, cancellation);
  } catch (const process::LaunchError& error) {
    base::fail_registry(error.message(), exec.install_hint);
  } catch (const base::Error& error) {
    base::fail_registry(error.message(), error.context());
  }
}

const base::Json& member(const base::Json& object, const char* name) {
  static const base::Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

}  // namespace

base::Json exec_info(const KubeExec& exec, const KubeCluster* cluster) {
  base::Json info{
      {"kind", "ExecCredential"}, {"apiVersion", exec.api_version}, {"spec", {{"interactive", false}}}};
  if (cluster != nullptr && exec.provide_cluster_info) {
    base::Json about{{"server", cluster->server}};
    if (!cluster->certificate_authority_data.empty()) {
      about["certificate-authority-data"] = cluster->certificate_authority_data;
    }
    info["spec"]["cluster"] = about;
  }
  return info;
}

ExecToken parse_exec_credential(const std::string& output) {
  base::Json credential;
  try {
    credential = base::parse_json(output, 1 << 20, 32);
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument("invalid JSON");
  }
  const base::Json& status = member(credential, "status");
  if (member(credential, "kind") != "ExecCredential" || !status.is_object()) {
    throw std::invalid_argument("JSON other than an ExecCredential with a status");
  }
  const base::Json& token = member(status, "token");
  if (!token.is_string() || token.get_ref<const std::string&>().empty()) {
    throw std::invalid_argument(status.contains("clientCertificateData")
                                    ? "a client certificate, which registries do not accept, and no token"
                                    : "an ExecCredential without a token");
  }
  ExecToken result{base::Secret(token.get<std::string>()), std::nullopt};
  try {
    const base::Json& time = member(status, "expirationTimestamp");
    if (!time.is_null()) result.expires = aws::parse_time(time);
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument("an ExecCredential whose expirationTimestamp is invalid");
  }
  return result;
}

ExecToken ask_exec_plugin(const KubeExec& exec, const KubeCluster* cluster,
                          base::Cancellation& cancellation) {
  const std::string name = base::printable_path(exec.command);
  if (exec.command.empty()) base::fail_registry("the kubeconfig's user has an exec plugin without a command");
  if (exec.needs_terminal) {
    base::fail_registry(
        fmt::format("the kubeconfig's plugin {} needs a terminal (interactiveMode: Always), which is not "
                    "available here\nhint: set a token instead",
                    name));
  }
  const process::CaptureResult answer = run(exec, cluster, cancellation);
  const base::Secret printed{std::string(base::trim(answer.output.reveal()))};
  // A plugin may print its token on both outputs.
  const std::string said = base::without_secret(std::string(base::trim(answer.error)), printed);
  if (!answer.status.ok()) {
    base::fail_registry(
        fmt::format("the kubeconfig's plugin {} failed: exit code: {}", name, answer.status.code), said);
  }
  try {
    return parse_exec_credential(answer.output.reveal());
  } catch (const std::invalid_argument& error) {
    base::fail_registry(fmt::format("the kubeconfig's plugin {} returned {}", name, error.what()), said);
  }
}

}  // namespace ixian::auth
