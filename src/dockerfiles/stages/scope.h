// Which value a variable has where. Two scopes: the global one, of ARGs before the first FROM, which only
// FROM sees; and one for each stage, which begins with the environment of its base.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dockerfile/dockerfile.h"
#include "dockerfile/expand.h"

namespace ixian::stages {

using Variable = std::pair<std::string, std::string>;

// What a build was started with. Platforms are "os/architecture[/variant]".
struct ScopeOptions {
  std::map<std::string, std::string> build_args;
  std::string target_platform = "linux/amd64";
  std::string build_platform = "linux/amd64";
  std::string target_stage;                    // --target
  std::map<std::string, std::string> proxies;  // for proxy_environment() alone, where build_args has none
};

// The automatic ARGs (TARGETPLATFORM, TARGETOS, TARGETARCH, TARGETVARIANT, BUILD… likewise, TARGETSTAGE),
// which build args may override, and the global ARGs. Keeps a reference to nothing. Immutable.
class GlobalScope {
 public:
  // Throws Error where the default of a global ARG cannot be expanded.
  GlobalScope(const dockerfile::Dockerfile& file, ScopeOptions options);

  std::optional<std::string> value(std::string_view name) const;
  const ScopeOptions& options() const { return options_; }

  // What FROM and its --platform use. Throws Error at the word.
  dockerfile::Expansion expand(const base::Word& word) const;

  // Names that FROM may use.
  std::vector<std::string> names() const;

  // Whether the build arg is declared by a global ARG, overrides an automatic one, or is predefined (the
  // proxies, SOURCE_DATE_EPOCH), and so is not unused.
  bool uses_build_arg(std::string_view name) const;

  // The build arg or global ARG SOURCE_DATE_EPOCH, in seconds. nullopt where it is not set or empty. Throws
  // Error{kUsage} where it is no number.
  std::optional<std::int64_t> source_date_epoch() const;

  // Build args of BuildKit that change a build without any ARG. What BUILDKIT_CACHE_MOUNT_NS puts before the
  // names of cache mounts: "NAMESPACE/", or "" where it is not set.
  std::string cache_mount_prefix() const;
  // BUILDKIT_SANDBOX_HOSTNAME: what a RUN's machine is called. nullopt where it is not set. Throws
  // Error{kUsage} for what cannot be one.
  std::optional<std::string> sandbox_hostname() const;
  // BUILDKIT_DOCKERFILE_CHECK, which counts in place of "# check=".
  std::optional<std::string> check_options() const;

  // Those of the ten predefined proxy variables (HTTP_PROXY, http_proxy, HTTPS_PROXY, FTP_PROXY, NO_PROXY,
  // ALL_PROXY …) that the build args, else the options' proxies set, each in both spellings: for the
  // environment of every RUN, but for no key and no history unless the stage declares them.
  std::vector<Variable> proxy_environment() const;

  char escape() const { return source_escape_; }
  const base::SourcePtr& source() const { return source_; }

 private:
  std::optional<std::string> build_arg(const std::string& name) const;

  ScopeOptions options_;
  base::SourcePtr source_;
  char source_escape_;
  std::map<std::string, std::string, std::less<>> values_;
  std::set<std::string, std::less<>> declared_;
};

// The values within a stage. Instructions are given to resolve() one after another. A stage that stands on
// another begins with a copy of that one's scope: ARGs are inherited with the environment, as BuildKit does.
// The GlobalScope must outlive it. Not thread-safe; different stages may be on different threads.
class StageScope {
 public:
  // `base_environment` is that of the base image's configuration, "NAME=value" each. A missing PATH is set to
  // Docker's default, also for scratch.
  StageScope(const GlobalScope& global, const std::vector<std::string>& base_environment);

  struct Resolved {
    dockerfile::Instruction instruction;  // with every Word replaced by its value, mounts and ports filled in
    std::set<std::string> used;           // variables of this scope that it took values from
    std::set<std::string> undefined;  // variables that are not set and not declared: a warning, not an error
  };

  // The instruction with its variables replaced, and the scope as it is after it: ENV and ARG take effect.
  // RUN, CMD, ENTRYPOINT, HEALTHCHECK, SHELL, MAINTAINER and ONBUILD are not expanded, the mounts of a RUN
  // are. Throws Error that points at the word (in `source`, for a trigger; else in the Dockerfile): what
  // cannot be expanded, and values that make no sense (an unknown signal, port, mount field …).
  Resolved resolve(const dockerfile::Instruction& instruction, const base::SourcePtr& source = nullptr);

  std::optional<std::string> value(std::string_view name) const;

  // For the image's configuration: what the base had and ENV set, in order, "NAME=value" each.
  std::vector<std::string> image_environment() const;

  // What a RUN sees: image_environment() and the ARGs that have a value; the one set last counts. Without
  // GlobalScope::proxy_environment().
  std::vector<Variable> run_environment() const;

  // The ARGs declared so far, in order, once each, with the value that a RUN sees ("" where it has none):
  // what Docker writes into the history of a RUN, "|2 A=1 B=2 /bin/sh -c …", and what a RUN's key must hold.
  std::vector<Variable> declared_args() const;

  // Names of build args that a declaration of this stage has asked for.
  const std::set<std::string>& used_build_args() const { return used_build_args_; }

 private:
  class Resolver;

  void set(const std::string& name, const std::string& value, bool in_image);

  const GlobalScope* global_;
  std::vector<Variable> environment_;  // ENV and ARG, in the order in which they were first set
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<Variable> image_environment_;
  std::map<std::string, std::size_t, std::less<>> image_index_;
  std::vector<std::string> declared_;
  std::set<std::string, std::less<>> declared_names_;
  std::set<std::string> used_build_args_;
  std::size_t expanded_bytes_ = 0;
};

}  // namespace ixian::stages
