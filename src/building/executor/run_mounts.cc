// What a mount of a RUN shows, and whether it may be written to:
//
//   bind from the context   the files themselves where nothing is filtered or changed on the way and the
//                           mount is read-only; else a copy, made as the key saw them
//   bind from a stage       an overlay of its layers, with a writable layer where that is asked for
//   cache                   a directory of the store, shared or locked, perhaps begun with files of a stage
//   tmpfs, secret           made by the sandbox, in memory
//   ssh                     a socket that leads to an agent, and to no more of it than signing
#include "executor/run_mounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "context/write_tree.h"
#include "files/fs.h"
#include "sandbox/bind_source.h"
#include "snapshot/layers_view.h"

namespace ixian::executor {
namespace {

using base::Error;
using base::ErrorCode;
using dockerfile::MountKind;

constexpr std::uint32_t kSecretMode = 0400;
constexpr std::uint32_t kSocketMode = 0600;

}  // namespace

const engine::SecretSource* find_secret(const RunInput& input, const dockerfile::Mount& mount) {
  const auto found = std::find_if(input.secrets.begin(), input.secrets.end(),
                                  [&](const engine::SecretSource& each) { return each.id == mount.id; });
  if (found != input.secrets.end()) return &*found;
  if (!mount.required) return nullptr;
  throw Error(ErrorCode::kUsage,
              input.of_project
                  ? fmt::format("required secret \"{0}\" is missing from the image task\nhint: set `secrets "
                                "= {{\"{0}\": \"env:NAME\"}}` or `\"file:PATH\"` in its class; for a task of "
                                "a module derive a class of the same name",
                                mount.id)
                  : fmt::format("required secret \"{0}\" is missing\nhint: pass `--secret id={0},src=FILE` "
                                "or `--secret id={0},env=NAME`",
                                mount.id));
}

const engine::SshSource* find_ssh(const RunInput& input, const dockerfile::Mount& mount) {
  const auto found = std::find_if(input.ssh.begin(), input.ssh.end(),
                                  [&](const engine::SshSource& each) { return each.id == mount.id; });
  if (found != input.ssh.end()) return &*found;
  if (!mount.required) return nullptr;
  throw Error(ErrorCode::kUsage,
              input.of_project
                  ? fmt::format("required SSH agent \"{0}\" is missing\nhint: name it in the image task: "
                                "ssh = [\"{0}\"], or \"{0}=KEYFILE\"",
                                mount.id)
                  : fmt::format("required SSH agent \"{0}\" is missing\nhint: pass `--ssh {0}`, or `--ssh "
                                "{0}=KEYFILE`",
                                mount.id));
}

std::vector<std::string> lowers(const snapshot::LayerStack& layers, snapshot::LayerContext& services,
                                const std::string& work) {
  std::vector<layer_files::StackedTree> trees(layers.size());
  base::parallel_for(layers.size(), std::max(2u, base::processor_count()),
                     [&](std::size_t i) { trees[i] = layers[i]->stacked(); });
  std::vector<std::string> paths;
  for (const layer_files::StackedTree& tree : trees) paths.push_back(tree.path);
  if (std::none_of(trees.begin(), trees.end(), [](const auto& tree) { return tree.listing != nullptr; }))
    return paths;
  const std::string gaps = work + "/gaps";
  files::make_directories(gaps);
  if (layer_files::fill_gaps(trees, services.marks(), gaps)) paths.push_back(gaps);
  return paths;
}

RunMounts::~RunMounts() {
  // What is mounted goes before the folders that it is mounted in.
  mounts_.clear();
}

std::string RunMounts::mount_layers(const snapshot::LayerStack& layers, bool read_only) {
  works_.push_back(services_.store().work());
  const std::string& work = works_.back()->path();
  rootfs::RootFs& root_fs = services_.root_fs();
  const auto paths = lowers(layers, services_, work);
  mounts_.push_back(read_only ? root_fs.prepare_read_only(paths, work, services_.cancellation())
                              : root_fs.prepare(paths, work, services_.cancellation()));
  return mounts_.back()->path();
}

// What the command writes is thrown away, and must not reach the context.
sandbox::BindMount RunMounts::copy_of_context(const std::string& source) {
  works_.push_back(services_.store().work());
  input_.mounted.copy(source, works_.back()->path() + "/context");
  return sandbox::open_bind(works_.back()->path(), "context", false);
}

void RunMounts::add_bind(const steps::Step& step, const dockerfile::Mount& mount, std::size_t index,
                         sandbox::RunSpec& spec) {
  sandbox::BindMount bind;
  if (const auto layers = input_.origins.find(index); layers != input_.origins.end()) {
    bind = sandbox::open_bind(mount_layers(layers->second, mount.read_only), mount.source, mount.read_only);
  } else if (input_.plain_context && mount.read_only) {
    const std::string path = input_.mounted.path(mount.source);
    bind = sandbox::bind_of(input_.plain_context->open_path(path), path, true);
  } else {
    bind = copy_of_context(mount.source);
    bind.read_only = mount.read_only;
  }
  spec.mounts.push_back({step.settings->absolute(mount.target), std::move(bind)});
}

cache::CacheMount::Begin RunMounts::cache_begin(const dockerfile::Mount& mount, std::size_t index) {
  const auto layers = input_.origins.find(index);
  if (mount.from.empty() || layers == input_.origins.end()) return {};
  std::string content;
  // Another content of the stage is another cache: what began with the old files is not what was asked for.
  for (const auto& layer : layers->second) content += layer->diff_id().text() + "\n";
  return {std::move(content), [this, &mount, stack = layers->second](const std::string& folder) {
            const snapshot::LayersView view(stack);
            const std::string source = context::resolve_path(view, mount.source, true);
            for (const std::string& name : view.children(source)) {
              context::write_tree(view, context::join_path(source, name), folder + "/" + name,
                                  services_.cancellation());
            }
          }};
}

// All in one order, so that two RUNs cannot wait for each other's. One that several mounts show is taken
// once.
void RunMounts::take_caches(const dockerfile::Run& run) {
  std::map<std::string, std::pair<std::size_t, cache::CacheMount::Begin>> wanted;
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    if (run.mounts[i].kind != MountKind::kCache) continue;
    cache::CacheMount::Begin begin = cache_begin(run.mounts[i], i);
    cache_names_[i] = cache::CacheMount::name_of(run.mounts[i], begin);
    const auto [place, is_new] = wanted.try_emplace(cache_names_[i], i, std::move(begin));
    if (!is_new && run.mounts[i].sharing == dockerfile::Sharing::kLocked) place->second.first = i;
  }
  for (const auto& [name, first] : wanted) {
    caches_[name] = std::make_unique<cache::CacheMount>(services_.store(), run.mounts[first.first],
                                                        first.second, services_.cancellation());
  }
}

// A part of a cache that another RUN has filled. What a cache began with is the part already.
sandbox::BindMount RunMounts::cache_bind(const dockerfile::Mount& mount, std::size_t index) {
  const std::string& folder = caches_.at(cache_names_.at(index))->path();
  const std::string part = mount.from.empty() ? mount.source : "";
  try {
    return sandbox::open_bind(folder, part, mount.read_only);
  } catch (const Error& error) {
    if (part.empty()) throw;
    throw Error(ErrorCode::kTaskFailed, fmt::format("cannot mount {1} of cache {0}: {2}", mount.id,
                                                    base::printable_path(part), error.message()));
  }
}

void RunMounts::add_ssh(const dockerfile::Mount& mount, const std::string& target, sandbox::RunSpec& spec) {
  const engine::SshSource* source = find_ssh(input_, mount);
  if (source == nullptr) return;
  const SocketOwner owner{static_cast<mode_t>(mount.mode.value_or(kSocketMode)), mount.uid.value_or(0),
                          mount.gid.value_or(0)};
  works_.push_back(services_.store().work());
  relays_.push_back(std::make_unique<AgentRelay>(
      works_.back()->path(), input_.credentials.ssh_agents.socket(*source, services_.cancellation()), owner));
  spec.mounts.push_back({target, sandbox::SocketMount{relays_.back()->path()}});
  // As in BuildKit: of several the first, unless the image says which.
  constexpr const char* kVariable = "SSH_AUTH_SOCK";
  const bool set = std::any_of(spec.env.begin(), spec.env.end(),
                               [](const auto& variable) { return variable.first == kVariable; });
  if (!set) spec.env.emplace_back(kVariable, target);
}

void RunMounts::add_secret(const dockerfile::Mount& mount, const std::string& target,
                           sandbox::RunSpec& spec) {
  const engine::SecretSource* source = find_secret(input_, mount);
  if (source == nullptr) return;
  const base::Secret content = input_.credentials.secrets.get(*source);
  if (mount.env) spec.env.emplace_back(*mount.env, content.reveal());
  if (mount.target.empty()) return;
  sandbox::SecretMount secret{content, static_cast<mode_t>(mount.mode.value_or(kSecretMode)),
                              mount.uid.value_or(0), mount.gid.value_or(0)};
  spec.mounts.push_back({target, std::move(secret)});
}

void RunMounts::add(const steps::Step& step, const dockerfile::Run& run, sandbox::RunSpec& spec) {
  take_caches(run);
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    const dockerfile::Mount& mount = run.mounts[i];
    const std::string target = step.settings->absolute(mount.target);
    switch (mount.kind) {
      case MountKind::kBind:
        add_bind(step, mount, i, spec);
        break;
      case MountKind::kCache:
        spec.mounts.push_back({target, cache_bind(mount, i)});
        break;
      case MountKind::kTmpfs:
        spec.mounts.push_back({target, sandbox::TmpfsMount{mount.size, 01777}});
        break;
      case MountKind::kSecret:
        add_secret(mount, target, spec);
        break;
      case MountKind::kSsh:
        add_ssh(mount, target, spec);
        break;
    }
  }
}

}  // namespace ixian::executor
