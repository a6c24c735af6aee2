// `ix registries`: for each registry of the project, who we are there and what we may do.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/registry_clients.h"
#include "auth/docker_logins.h"
#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "cli/global_flags.h"
#include "cli/print.h"
#include "commands/registry_status.h"
#include "commands/table.h"

namespace ixian::commands {
namespace {

constexpr unsigned kAtATime = 8;
constexpr int kRetries = 1;  // whoever asks whether it works wants to know now

constexpr std::string_view kHowTo = R"(
Images are pushed to, and pulled from, the registries that ixian.py names:

    from ixian.config import CONFIG
    from ixian_docker.modules.docker.utils.client import DockerClient

    def init():
        CONFIG.DOCKER.REGISTRY = 'registry.example.com'
        CONFIG.DOCKER.REGISTRY_PATH = 'my_project'
        CONFIG.DOCKER.REGISTRIES = {
            'registry.example.com': {
                'client': DockerClient,
                'options': {'username': 'ci', 'password': 'env:REGISTRY_PASSWORD'},
            },
        }

Clients: DockerClient, ECRDockerClient, OpenShiftDockerClient, OCILayoutClient.
)";

std::string unconfigured_text(bool in_project, const auth::DockerHosts& docker) {
  std::string out = in_project ? "no registries configured: CONFIG.DOCKER.REGISTRIES is empty\n"
                               : "no registries configured: no ixian.py in this directory\n";
  out += kHowTo;
  if (!docker.hosts.empty()) {
    out += fmt::format("\n{} has credentials for {}\n", docker.file, base::join(docker.hosts, ", "));
  }
  if (!docker.store.empty()) {
    out += fmt::format("\n{} uses the credential helper docker-credential-{}\n", docker.file, docker.store);
  }
  return out;
}

// The named ones, or all.
std::vector<std::string> wanted(const std::vector<std::string>& args,
                                const registry::Registries& registries) {
  const auto hosts = registries.hosts();
  for (const auto& arg : args) {
    if (std::find(hosts.begin(), hosts.end(), arg) != hosts.end()) continue;
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("unknown registry: {}{}; not in CONFIG.DOCKER.REGISTRIES",
                                  base::shell_quote(arg), base::did_you_mean(arg, hosts)));
  }
  return args.empty() ? hosts : args;
}

std::vector<registry::RegistryStatus> probe_all(app::RegistryClients& access,
                                                const std::vector<std::string>& hosts, bool dry_run) {
  std::vector<std::string> examples;
  for (const auto& host : hosts) examples.push_back(access.example_repository(host));
  std::vector<registry::RegistryStatus> statuses(hosts.size());
  base::parallel_for(hosts.size(), kAtATime, [&](std::size_t i) {
    statuses[i] = access.registries().probe(hosts[i], examples[i], dry_run);
  });
  return statuses;
}

std::string to_text(const std::vector<registry::RegistryStatus>& statuses) {
  const auto now = std::chrono::system_clock::now();
  const auto& style = cli::output_style();
  std::string out;
  for (const auto& status : statuses) {
    if (!out.empty()) out += "\n";
    out += status_text(status, now, style);
  }
  return out;
}

base::Json to_json(const std::vector<registry::RegistryStatus>& statuses) {
  base::Json list = base::Json::array();
  for (const auto& status : statuses) list.push_back(status_json(status));
  return {{"registries", std::move(list)}};
}

int run_registries(const CommandContext& context) {
  const std::vector<std::string>& args = context.line.arguments;
  app::RegistryClients access(context.sink, context.cancellation, context.workspace, {kRetries});
  // Without a project there is nothing to ask, but hosts that are named are still looked for, to say that
  // they are not there.
  const auto hosts = context.workspace == nullptr && args.empty() ? std::vector<std::string>()
                                                                  : wanted(args, access.registries());
  const auto statuses = hosts.empty() ? std::vector<registry::RegistryStatus>()
                                      : probe_all(access, hosts, context.options.dry_run);
  if (context.line.has("--json")) {
    cli::print_json(to_json(statuses));
  } else if (statuses.empty()) {
    cli::print(unconfigured_text(context.workspace != nullptr, auth::docker_hosts()));
  } else {
    cli::print(to_text(statuses));
  }
  return std::all_of(statuses.begin(), statuses.end(), is_fine)
             ? 0
             : static_cast<int>(base::ErrorCode::kRegistry);
}

cli::CommandSpec registries_spec() {
  return {.description =
              "Checks each registry of CONFIG.DOCKER.REGISTRIES, or only the named ones: whether it is "
              "reachable, which account is used, whether that may pull and push, and when its token expires. "
              "Stores nothing: an upload is started and cancelled, or not even that with `--dry-run`. Exit "
              "code 4 if any has a problem.",
          .arguments = {{.metavar = "HOST",
                         .least = 0,
                         .most = cli::ArgumentSpec::kAny,
                         .summary = "A registry of the project (default: all)",
                         .completer = cli::Completer::kHost}},
          .options = {{.name = "--json", .summary = "Print the answers as JSON"}},
          .obeys = cli::kOnlyAsks};
}

}  // namespace

Command registries_command() {
  return {"registries", "Check access to registries", ProjectUse::kIfThere, registries_spec, run_registries};
}

}  // namespace ixian::commands
