// The mounts of a RUN, held for as long as its command runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cache/cache_mount.h"
#include "executor/agent_relay.h"
#include "executor/run_step.h"
#include "sandbox/run_spec.h"

namespace ixian::executor {

// For one RUN, by one thread: what the mounts need (work directories, overlays, caches with their locks) is
// held until this goes, and goes in the reverse order. `input` and `services` must outlive it.
class RunMounts {
 public:
  RunMounts(const RunInput& input, snapshot::LayerContext& services) : input_(input), services_(services) {}
  ~RunMounts();

  // Makes the mounts of the RUN ready, in their order, and adds them to `spec`; variables of secrets go into
  // its environment.
  void add(const steps::Step& step, const dockerfile::Run& run, sandbox::RunSpec& spec);

 private:
  void add_bind(const steps::Step& step, const dockerfile::Mount& mount, std::size_t index,
                sandbox::RunSpec& spec);
  void take_caches(const dockerfile::Run& run);
  cache::CacheMount::Begin cache_begin(const dockerfile::Mount& mount, std::size_t index);
  sandbox::BindMount cache_bind(const dockerfile::Mount& mount, std::size_t index);
  void add_ssh(const dockerfile::Mount& mount, const std::string& target, sandbox::RunSpec& spec);
  void add_secret(const dockerfile::Mount& mount, const std::string& target, sandbox::RunSpec& spec);
  std::string mount_layers(const snapshot::LayerStack& layers, bool read_only);
  sandbox::BindMount copy_of_context(const std::string& source);

  const RunInput& input_;
  snapshot::LayerContext& services_;
  std::vector<std::unique_ptr<store::WorkDir>> works_;
  std::vector<std::unique_ptr<AgentRelay>> relays_;
  std::vector<std::unique_ptr<rootfs::MountedRoot>> mounts_;
  std::map<std::string, std::unique_ptr<cache::CacheMount>> caches_;  // by name
  std::map<std::size_t, std::string> cache_names_;                    // by mount
};

// Null where they need not be there. Throw Error{kUsage} where they must.
const engine::SshSource* find_ssh(const RunInput& input, const dockerfile::Mount& mount);
const engine::SecretSource* find_secret(const RunInput& input, const dockerfile::Mount& mount);

// The lower directories of an image, lowest first; those that are missing are extracted, several at once. One
// of them may be a folder that is made in `work`.
std::vector<std::string> lowers(const snapshot::LayerStack& layers, snapshot::LayerContext& services,
                                const std::string& work);

}  // namespace ixian::executor
