// A definition is the JSON whose digest is a step's definition key. It holds what the instruction means and
// not how it is written: the command line after ENTRYPOINT-like wrapping by SHELL, absolute paths, digests of
// files. A member is added only together with what it changes (`new_privileges`, `hosts`, `script`, `env`
// stand there only when they are set), so that a new feature leaves the keys of old builds as they are; where
// the same instruction comes to give other files, a number rises ("archives").
//
// Not in it: labels, secrets' values, proxies, limits of memory and processes, the machine. Equal definitions
// are to give equal files, or files that are as good.
#include "steps/step_definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <variant>

#include "base/error.h"
#include "base/sha256.h"
#include "base/thread_pool.h"
#include "dockerfile/file_mode.h"
#include "dockerfile/run_command.h"

namespace ixian::steps {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

std::vector<std::string> printable(const std::vector<base::Word>& words) {
  std::vector<std::string> all;
  for (const auto& word : words) all.push_back(base::printable_path(word.text));
  return all;
}

const context::FileView& context_of(const Step& step, const PlanContext& sources) {
  const auto& context = sources.context_of(step);
  if (!context) {
    throw Error(
        ErrorCode::kUsage,
        "no build context to copy from\nhint: name one with `ix build DIR`, or `context` of an image task");
  }
  return *context;
}

Json optional_number(const std::optional<std::uint32_t>& number) {
  return number ? Json(*number) : Json();
}

const char* kind_name(dockerfile::MountKind kind) {
  switch (kind) {
    case dockerfile::MountKind::kBind:
      return "bind";
    case dockerfile::MountKind::kCache:
      return "cache";
    case dockerfile::MountKind::kTmpfs:
      return "tmpfs";
    case dockerfile::MountKind::kSecret:
      return "secret";
    case dockerfile::MountKind::kSsh:
      return "ssh";
  }
  return "";
}

bool shows_context(const Step& step, std::size_t index) {
  return std::get<dockerfile::Run>(step.instruction.body).mounts[index].kind ==
             dockerfile::MountKind::kBind &&
         index < step.origins.size() && std::holds_alternative<stages::FromContext>(step.origins[index]);
}

class Definer {
 public:
  Definer(Step& step, const PlanContext& sources, const engine::StageJob& job)
      : step_(step), sources_(sources), job_(job) {}

  template <typename Other>
  void operator()(const Other&) const {}

  void operator()(const dockerfile::Workdir& workdir) const {
    // The user owns what WORKDIR makes.
    step_.definition = {{"do", "workdir"},
                        {"path", step_.settings->absolute(workdir.path.text)},
                        {"user", step_.settings->user()}};
  }

  void operator()(const dockerfile::Run& run) const {
    check_allowed(run);
    for (const dockerfile::Mount& mount : run.mounts) check_target(mount);
    const dockerfile::RunCommand command = dockerfile::run_command(run, step_.settings->shell());
    Json mounts = Json::array();
    for (std::size_t i = 0; i < run.mounts.size(); ++i) mounts.push_back(describe(run.mounts[i], i));
    step_.definition = {{"do", "run"},
                        {"argv", command.argv},
                        {"environment", step_.environment},
                        {"user", step_.settings->user()},
                        {"workdir", step_.settings->workdir()},
                        {"network", network(run)},
                        {"insecure", run.insecure},
                        {"mounts", mounts}};
    for (const dockerfile::DeviceRequest& device : run.devices)
      step_.definition["devices"].push_back({device.name, device.required});
    if (step_.hostname) step_.definition["hostname"] = *step_.hostname;
    if (job_.new_privileges) step_.definition["new_privileges"] = true;
    if (!job_.extra_hosts.empty()) step_.definition["hosts"] = job_.extra_hosts;
    if (command.script)
      step_.definition["script"] = {command.script->path, base::sha256_hex(command.script->content)};
  }

  void operator()(const dockerfile::Copy& copy) const {
    step_.definition = transfer(copy, copy.parents);
    step_.definition["do"] = "copy";
    step_.definition["parents"] = copy.parents;
    step_.definition["own_owner"] = !copy.from.empty();
    if (!copy.from.empty()) {
      // Files of a stage have no digest yet; the words stand for them, next to the stage's own key.
      step_.definition["sources"] = printable(copy.sources);
      step_.definition["excludes"] = printable(copy.excludes);
      return;
    }
    if (!copy.sources.empty()) take_from_context(copy.sources, copy, copy.parents);
  }

  void operator()(const dockerfile::Add& add) const {
    step_.definition = transfer(add, false);
    step_.definition["do"] = "add";
    step_.definition["archives"] = 2;  // how they are unpacked
    step_.definition["unpack"] = add.unpack ? Json(*add.unpack) : Json();
    std::vector<base::Word> local;
    Json remote = Json::array();
    for (const auto& source : add.sources) {
      std::optional<stages::RemoteSource> one;
      try {
        one = stages::remote_source(source.text, add.checksum.text, add.keep_git_dir);
      } catch (const std::invalid_argument& error) {
        throw Error(ErrorCode::kTaskFailed, error.what());
      }
      if (!one) {
        local.push_back(source);
        continue;
      }
      remote.push_back({{"identity", sources_.remote.identity(*one, sources_.cancellation)},
                        {"name", one->url ? one->url->file_name : ""}});
      step_.remote.push_back(*std::move(one));
    }
    step_.definition["remote"] = remote;
    if (!remote.empty()) step_.definition["excludes"] = printable(add.excludes);
    if (!local.empty()) take_from_context(local, add, false);
  }

 private:
  // What whoever starts the build has to agree to, since it reaches beyond the sandbox.
  void check_allowed(const dockerfile::Run& run) const {
    if (run.insecure && !job_.insecure) {
      throw Error(ErrorCode::kTaskFailed,
                  job_.of_project
                      ? "RUN --security=insecure is not allowed in the stages of a project\nhint: build this "
                        "Dockerfile with `ix build --allow security.insecure`, and name the image in FROM"
                      : "RUN --security=insecure is not allowed\nhint: allow it with `--allow "
                        "security.insecure`");
    }
    if (!run.devices.empty() && !job_.devices) {
      throw Error(ErrorCode::kTaskFailed,
                  job_.of_project ? "RUN --device is not allowed in the stages of a project"
                                  : "RUN --device is not allowed\nhint: allow it with `--allow device`");
    }
    const bool host_network =
        job_.host_network || job_.of_project || job_.network == engine::BuildNetwork::kHost;
    if (run.network == dockerfile::NetworkMode::kHost && !host_network) {
      throw Error(ErrorCode::kTaskFailed,
                  "RUN --network=host is not allowed\nhint: allow it with `--allow network.host`");
    }
  }

  // Links of the image, which may lead there as well, are looked at when it is mounted.
  void check_target(const dockerfile::Mount& mount) const {
    if (mount.kind == dockerfile::MountKind::kSecret && mount.target.empty()) return;
    const std::string target = "/" + context::clean_in_root(step_.settings->absolute(mount.target));
    if (target == "/") {
      throw Error(
          ErrorCode::kTaskFailed,
          "--mount: cannot mount on /, to which the target resolves\nhint: name a directory: `target=/…`");
    }
    for (const std::string folder : {"/proc", "/sys"}) {
      if (target == folder || target.starts_with(folder + "/"))
        throw Error(ErrorCode::kTaskFailed, fmt::format("--mount: cannot mount on {}", target));
    }
  }

  Json transfer(const dockerfile::CopyBase& transfer, bool parents) const {
    try {
      if (!transfer.chmod.empty()) dockerfile::FileMode(transfer.chmod.text);
    } catch (const std::invalid_argument& error) {
      throw Error(ErrorCode::kTaskFailed, error.what());
    }
    Json files = Json::array();
    for (const auto& file : transfer.inline_files)
      files.push_back({base::printable_path(file.name), base::sha256_hex(file.content)});
    return {{"destination", base::printable_path(copy_destination(transfer, parents, *step_.settings))},
            {"chown", transfer.chown.text},
            {"chmod", transfer.chmod.text},
            {"link", transfer.link},
            {"inline", files}};
  }

  void take_from_context(const std::vector<base::Word>& sources, const dockerfile::CopyBase& transfer,
                         bool parents) const {
    const context::FileView& context = context_of(step_, sources_);
    std::vector<std::string> paths;
    for (const auto& source : sources) paths.push_back(source.text);
    step_.selection =
        context::select(context, paths, selection_options(transfer, parents, "the build context"));
    step_.definition["context"] =
        context::digest_of(context, step_.selection, {false, base::processor_count(), &sources_.known_files},
                           sources_.cancellation);
    step_.definition["git_modes"] = job_.modes == engine::ContextModes::kGit;
  }

  Json describe(const dockerfile::Mount& mount, std::size_t index) const {
    Json json = {{"kind", kind_name(mount.kind)},
                 {"target", mount.target},
                 {"read_only", mount.read_only},
                 {"id", mount.id},
                 {"size", mount.size},
                 {"mode", optional_number(mount.mode)},
                 {"uid", optional_number(mount.uid)},
                 {"gid", optional_number(mount.gid)},
                 {"source", base::printable_path(mount.source)}};
    if (mount.env) json["env"] = *mount.env;
    if (shows_context(step_, index)) json["context"] = sources_.mounted.digest(mount.source);
    return json;
  }

  std::string network(const dockerfile::Run& run) const {
    if (run.network == dockerfile::NetworkMode::kNone) return "none";
    if (run.network == dockerfile::NetworkMode::kHost) return "host";
    return job_.network == engine::BuildNetwork::kNone   ? "none"
           : job_.network == engine::BuildNetwork::kHost ? "host"
                                                         : "default";
  }

  Step& step_;
  const PlanContext& sources_;
  const engine::StageJob& job_;
};

}  // namespace

context::SelectionOptions selection_options(const dockerfile::CopyBase& transfer, bool parents,
                                            const std::string& where) {
  context::SelectionOptions options;
  options.parents = parents;
  options.where = where;
  std::vector<std::string> patterns;
  for (const auto& word : transfer.excludes) patterns.push_back(word.text);
  options.excludes = context::exclude_rules(patterns);
  return options;
}

std::string copy_destination(const dockerfile::CopyBase& transfer, bool parents,
                             const ImageConfigBuilder& settings) {
  const std::string& written = transfer.destination.text;
  std::string path = settings.absolute(written);
  if (path.ends_with('/')) return path;
  const std::string last = written.substr(written.rfind('/') + 1);  // all of it where there is no slash
  // Empty is what a variable may have made of it.
  if (parents || last.empty() || last == "." || last == "..") return path + "/";
  if (transfer.sources.size() + transfer.inline_files.size() > 1) {
    throw Error(ErrorCode::kTaskFailed,
                fmt::format("several sources need a directory as destination\nhint: write {0}/", written));
  }
  return path;
}

void define(Step& step, const PlanContext& sources, const engine::StageJob& job) {
  std::visit(Definer(step, sources, job), step.instruction.body);
}

void check_mounted_context(const Step& step, const PlanContext& sources) {
  const auto& run = std::get<dockerfile::Run>(step.instruction.body);
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    if (shows_context(step, i)) sources.mounted.check(run.mounts[i].source);
  }
}

}  // namespace ixian::steps
