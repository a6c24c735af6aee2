// A RUN: the layers below as an overlay, the mounts, the command in the sandbox, and what the overlay's upper
// directory holds afterwards. Only at the end, and only where the command succeeded, is that directory tidied
// into the form that equal commands give equal bytes in. It then serves as the lower directory of the next
// RUN at once, while its tar is still being written.
#include "executor/run_step.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "dockerfile/run_command.h"
#include "executor/cdi.h"
#include "executor/run_mounts.h"
#include "layer_files/tidy_upper.h"
#include "rootfs/passwd.h"
#include "rootfs/resolve_in_root.h"
#include "sandbox/ability.h"
#include "sandbox/bind_source.h"
#include "sandbox/binfmt.h"
#include "sandbox/run.h"

namespace ixian::executor {
namespace {

using base::Error;
using base::ErrorCode;

// A base whose working directory is missing gets it, as with Docker: each level that is not there, where
// links lead that are. Whoever the command's user is, the folders are root's.
void make_workdir(const std::string& root, const std::string& workdir) {
  const files::UniqueFd fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  rootfs::ConfinedPath path = rootfs::resolve_in_root(fd.get(), workdir);
  const std::vector<std::string> missing = std::exchange(path.missing, {});
  if (missing.empty()) return;
  files::UniqueFd at = rootfs::open_inside(fd.get(), path, O_PATH | O_DIRECTORY);
  for (const std::string& name : missing) {
    if (!at.valid() || ::mkdirat(at.get(), name.c_str(), 0755) != 0 ||
        ::fchmodat(at.get(), name.c_str(), 0755, 0) != 0) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("cannot create working directory {}: {}", base::printable_path(workdir),
                              base::errno_text(errno)));
    }
    at = files::UniqueFd(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
}

void write_script(const std::string& path, const std::string& content) {
  const files::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
  if (!fd.valid() ||
      ::write(fd.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::fchmod(fd.get(), 0755) != 0) {
    throw Error(ErrorCode::kTaskFailed, fmt::format("cannot write {}: {}", path, base::errno_text(errno)));
  }
}

sandbox::Network network_of(const dockerfile::Run& run, engine::BuildNetwork otherwise) {
  if (run.network == dockerfile::NetworkMode::kNone) return sandbox::Network::kNone;
  if (run.network == dockerfile::NetworkMode::kHost) return sandbox::Network::kHost;
  return otherwise == engine::BuildNetwork::kNone   ? sandbox::Network::kNone
         : otherwise == engine::BuildNetwork::kHost ? sandbox::Network::kHost
                                                    : sandbox::Network::kIsolated;
}

std::string other_networks(const RunInput& input) {
  return input.of_project ? "`RUN --network=none` or `host` for one RUN, CONFIG.DOCKER.BUILD_NETWORK for all"
                          : sandbox::RunSpec().other_networks;
}

bool has_variable(const sandbox::RunSpec& spec, std::string_view name) {
  for (const auto& [each, value] : spec.env) {
    if (each == name) return true;
  }
  return false;
}

sandbox::CpuLimits cpu_limits(const engine::CpuLimits& limits) {
  return {limits.quota, limits.period, limits.shares, limits.cpus, limits.mems};
}

sandbox::RunSpec make_spec(const steps::Step& step, const dockerfile::Run& run, const RunInput& input,
                           const rootfs::MountedRoot& root) {
  sandbox::RunSpec spec;
  spec.args = dockerfile::run_command(run, step.settings->shell()).argv;
  spec.env = step.environment;
  for (const std::string& proxy : input.build_arguments) {
    const std::size_t equals = proxy.find('=');
    if (!has_variable(spec, proxy.substr(0, equals)))
      spec.env.emplace_back(proxy.substr(0, equals), proxy.substr(equals + 1));
  }
  const rootfs::FoundUser user = rootfs::find_user(root.path(), step.settings->user());
  spec.user = user.user;
  // Its own group is among its groups, so that it cannot lose it, and with it what that denies
  // (CVE-2022-36109).
  if (std::find(spec.user.groups.begin(), spec.user.groups.end(), spec.user.gid) == spec.user.groups.end())
    spec.user.groups.insert(spec.user.groups.begin(), spec.user.gid);
  if (!has_variable(spec, "HOME")) spec.env.emplace_back("HOME", user.home);
  spec.cwd = step.settings->workdir();
  spec.network = network_of(run, input.network);
  spec.other_networks = other_networks(input);
  spec.no_new_privileges = !input.new_privileges;
  spec.insecure = run.insecure;
  if (step.hostname) spec.hostname = *step.hostname;
  spec.pids_limit = input.limits.pids;
  spec.memory_limit = input.limits.memory;
  for (const engine::Ulimit& limit : input.limits.ulimits)
    spec.limits.push_back({limit.name, limit.soft, limit.hard});
  if (input.limits.shm) spec.shm_size = *input.limits.shm;
  if (input.limits.memory && input.limits.memory_swap) {
    const std::uint64_t both = *input.limits.memory_swap;
    spec.swap_limit = both == 0 ? std::nullopt : std::optional(both - std::min(both, *input.limits.memory));
  }
  spec.cpu = cpu_limits(input.limits.cpu);
  spec.extra_hosts = input.extra_hosts;
  spec.dns = {input.dns.servers, input.dns.search, input.dns.options};
  return spec;
}

std::string failure(const steps::Step& step, const process::ExitStatus& status) {
  if (status.signal != 0) {
    std::string text =
        fmt::format("`{}` killed by signal {} (exit code: {})", step.title, status.signal, status.code);
    return status.signal == SIGKILL ? text + ", possibly out of memory" : text;
  }
  std::string text = fmt::format("`{}` failed: exit code: {}", step.title, status.code);
  if (status.code == 127) text += " (command not found in the image)";
  if (status.code == 137) text += ", possibly out of memory";
  const auto& heredocs = std::get<dockerfile::Run>(step.instruction.body).heredocs;
  if (std::any_of(heredocs.begin(), heredocs.end(),
                  [](const auto& each) { return each.content.find("\r\n") != std::string::npos; })) {
    text +=
        "; the lines of its heredoc end in CR LF, and CR is part of each command\nhint: save the file with "
        "Unix "
        "line ends";
  }
  return text;
}

std::vector<DeviceEdits> devices_of(const dockerfile::Run& run) {
  std::vector<DeviceEdits> all;
  if (run.devices.empty()) return all;
  const std::vector<base::Json> specs = cdi_specs();
  for (const dockerfile::DeviceRequest& request : run.devices) {
    auto found = find_devices(specs, request.name);
    if (found.empty() && request.required) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("required device {} not found in the .json files of /etc/cdi and /var/run/cdi",
                              request.name));
    }
    all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return all;
}

void add_devices(const dockerfile::Run& run, sandbox::RunSpec& spec, base::EventSink& sink,
                 base::ActivityId activity) {
  for (const DeviceEdits& device : devices_of(run)) {
    for (const auto& variable : device.environment) {
      if (!has_variable(spec, variable.first)) spec.env.push_back(variable);
    }
    for (const auto& node : device.nodes)
      spec.mounts.push_back({node.path, sandbox::DeviceMount{node.source}});
    for (const auto& mount : device.mounts)
      spec.mounts.push_back({mount.target, sandbox::open_bind("", mount.source, mount.read_only)});
    if (device.has_hooks) sink.output(activity, "ix: the hooks of a CDI device are not run");
  }
}

}  // namespace

void check_run(const steps::Step& step, const RunInput& input) {
  const auto& run = std::get<dockerfile::Run>(step.instruction.body);
  if (const std::string reason = sandbox::why_not_runnable(input.platform.architecture); !reason.empty()) {
    throw Error(ErrorCode::kTaskFailed,
                fmt::format("cannot run programs for {}: {}", input.platform.text(), reason));
  }
  for (const dockerfile::Mount& mount : run.mounts) {
    if (mount.kind == dockerfile::MountKind::kSecret) {
      if (const engine::SecretSource* source = find_secret(input, mount)) check_secret(*source);
    }
    if (mount.kind == dockerfile::MountKind::kSsh) {
      if (const engine::SshSource* source = find_ssh(input, mount)) check_ssh(*source);
    }
  }
  devices_of(run);
  sandbox::require_run(network_of(run, input.network), other_networks(input));
}

RunChanges run_command_step(const steps::Step& step, const snapshot::LayerStack& below, const RunInput& input,
                            snapshot::LayerContext& services, base::ActivityId activity) {
  const auto& run = std::get<dockerfile::Run>(step.instruction.body);
  RunChanges changes;
  changes.work = services.store().work();
  RunMounts mounts(input, services);
  const auto paths = lowers(below, services, changes.work->path());
  const std::unique_ptr<rootfs::MountedRoot> root =
      services.root_fs().prepare(paths, changes.work->path(), services.cancellation());
  sandbox::RunSpec spec = make_spec(step, run, input, *root);
  make_workdir(root->path(), spec.cwd);
  // After the working directory, before the script: both are looked up in the root file system as the image
  // has it.
  mounts.add(step, run, spec);
  add_devices(run, spec, services.sink(), activity);
  if (const auto script = dockerfile::run_command(run, step.settings->shell()).script) {
    // Outside the image's files: a mount shows it to the command, and no layer gets it.
    const std::string file = root->scratch() + "/script";
    write_script(file, script->content);
    spec.mounts.push_back({script->path, sandbox::open_bind("", file, true)});
  }
  const process::ExitStatus status = sandbox::run(
      *root, spec, [&](std::string_view line) { services.sink().output(activity, line); },
      services.cancellation());
  if (!status.ok()) throw Error(ErrorCode::kTaskFailed, failure(step, status));
  changes.upper = root->finish();
  changes.root =
      layer_files::tidy_upper(changes.upper, paths, services.marks(), input.write, services.cancellation());
  return changes;
}

}  // namespace ixian::executor
