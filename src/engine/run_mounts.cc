#include "engine/run_mounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/error.h"
#include "base/fs.h"
#include "base/thread_pool.h"
#include "engine/layers_view.h"
#include "engine/materialise.h"

namespace ixian::engine {
namespace {

using base::Error;
using base::ErrorCode;
using dockerfile::MountKind;

constexpr std::uint32_t kSecretMode = 0400;

const SecretSource* find_secret(const std::vector<SecretSource>& secrets, const std::string& id) {
  const auto found =
      std::find_if(secrets.begin(), secrets.end(), [&](const SecretSource& each) { return each.id == id; });
  return found == secrets.end() ? nullptr : &*found;
}

base::Secret read_secret(const SecretSource& source) {
  if (!source.environment.empty()) {
    const char* value = ::getenv(source.environment.c_str());
    if (value == nullptr) {
      throw Error(ErrorCode::kUsage, fmt::format("The secret {} is to come from ${}, which is not set.",
                                                 source.id, source.environment));
    }
    return base::Secret(value);
  }
  auto content = base::read_file(source.file);
  if (!content) {
    throw Error(ErrorCode::kUsage,
                fmt::format("The secret {} is to come from {}, which is not there.", source.id, source.file));
  }
  return base::Secret(std::move(*content));
}

}  // namespace

std::vector<std::string> lowers(const LayerStack& layers, LayerServices& services, const std::string& work) {
  std::vector<layer::StackedTree> trees(layers.size());
  base::parallel_for(layers.size(), std::max(2u, base::processor_count()),
                     [&](std::size_t i) { trees[i] = layers[i]->stacked(); });
  std::vector<std::string> paths;
  for (const layer::StackedTree& tree : trees) paths.push_back(tree.path);
  if (std::none_of(trees.begin(), trees.end(), [](const auto& tree) { return tree.listing != nullptr; }))
    return paths;
  const std::string gaps = work + "/gaps";
  base::make_directories(gaps);
  if (layer::fill_gaps(trees, services.marks(), gaps)) paths.push_back(gaps);
  return paths;
}

RunMounts::~RunMounts() {
  // What is mounted goes before the folders that it is mounted in.
  mounts_.clear();
}

std::string RunMounts::mount_layers(const LayerStack& layers, bool read_only) {
  works_.push_back(services_.store().work());
  const std::string& work = works_.back()->path();
  sandbox::RootFs& root_fs = services_.root_fs();
  const auto paths = lowers(layers, services_, work);
  mounts_.push_back(read_only ? root_fs.prepare_read_only(paths, work, services_.cancellation())
                              : root_fs.prepare(paths, work, services_.cancellation()));
  return mounts_.back()->path();
}

std::string RunMounts::copy_of_context(const std::string& source) {
  works_.push_back(services_.store().work());
  const std::string root = works_.back()->path() + "/context";
  materialise(*input_.context, source, root, services_.cancellation());
  return root;
}

void RunMounts::add_bind(const Step& step, const dockerfile::Mount& mount, std::size_t index,
                         sandbox::RunSpec& spec) {
  sandbox::BindMount bind;
  bind.read_only = mount.read_only;
  if (const auto layers = input_.origins.find(index); layers != input_.origins.end()) {
    bind.root = mount_layers(layers->second, mount.read_only);
    bind.source = mount.source;
  } else {
    if (!input_.context) throw Error(ErrorCode::kUsage, "There is no build context to mount.");
    const std::string source = context::resolve_path(*input_.context, mount.source, true);
    if (!input_.context_folder.empty() && mount.read_only) {
      bind.root = input_.context_folder;
      bind.source = source;
    } else {
      // What the command writes is thrown away, and must not reach the context.
      bind.source = copy_of_context(source);
    }
  }
  spec.mounts.push_back({step.settings->absolute(mount.target), std::move(bind)});
}

CacheMount::Fill RunMounts::cache_fill(const dockerfile::Mount& mount, std::size_t index) {
  const auto layers = input_.origins.find(index);
  if (mount.from.empty() || layers == input_.origins.end()) return {};
  return [this, &mount, stack = layers->second](const std::string& folder) {
    const LayersView view(stack);
    const std::string source = context::resolve_path(view, mount.source, true);
    for (const std::string& name : view.children(source))
      materialise(view, context::join_path(source, name), folder + "/" + name, services_.cancellation());
  };
}

// All in one order, so that two RUNs cannot wait for each other's.
void RunMounts::take_caches(const dockerfile::Run& run) {
  std::map<std::string, std::size_t> wanted;
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    if (run.mounts[i].kind == MountKind::kCache) wanted.emplace(run.mounts[i].id, i);
  }
  for (const auto& [id, index] : wanted) {
    caches_[id] = std::make_unique<CacheMount>(
        services_.store(), run.mounts[index], cache_fill(run.mounts[index], index), services_.cancellation());
  }
}

void RunMounts::add_secret(const dockerfile::Mount& mount, const std::string& target,
                           sandbox::RunSpec& spec) {
  const SecretSource* source = find_secret(input_.secrets, mount.id);
  if (source == nullptr) {
    if (!mount.required) return;
    throw Error(
        ErrorCode::kUsage,
        input_.of_project
            ? fmt::format(
                  "The secret {0} is required, and the image task names none of that id: give its class "
                  "secrets = {{\"{0}\": \"env:NAME\"}}, or \"file:PATH\". For a task that a module brings, "
                  "derive a class of the same name from it.",
                  mount.id)
            : fmt::format("The secret {0} is required; pass it: --secret id={0},src=FILE or --secret "
                          "id={0},env=NAME.",
                          mount.id));
  }
  const base::Secret content = read_secret(*source);
  if (mount.env) spec.env.emplace_back(*mount.env, content.reveal());
  if (mount.target.empty()) return;
  sandbox::SecretMount secret{content, static_cast<mode_t>(mount.mode.value_or(kSecretMode)),
                              mount.uid.value_or(0), mount.gid.value_or(0)};
  spec.mounts.push_back({target, std::move(secret)});
}

void RunMounts::add(const Step& step, const dockerfile::Run& run, sandbox::RunSpec& spec) {
  take_caches(run);
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    const dockerfile::Mount& mount = run.mounts[i];
    const std::string target = step.settings->absolute(mount.target);
    switch (mount.kind) {
      case MountKind::kBind:
        add_bind(step, mount, i, spec);
        break;
      case MountKind::kCache:
        spec.mounts.push_back(
            {target, sandbox::BindMount{caches_.at(mount.id)->path(), "", mount.read_only}});
        break;
      case MountKind::kTmpfs:
        spec.mounts.push_back({target, sandbox::TmpfsMount{mount.size, 01777}});
        break;
      case MountKind::kSecret:
        add_secret(mount, target, spec);
        break;
    }
  }
}

}  // namespace ixian::engine
