// The API's builder is the one from before BuildKit. What it does not know it would either refuse half way,
// or pass over (--link, --parents in old versions); here it is refused at its place before anything is sent.
// The plan counts steps as the builder does, for its progress to be understood.
#include "docker/legacy_builder.h"

#include <fmt/format.h>

#include <set>
#include <variant>

#include "base/error.h"
#include "base/text.h"
#include "oci/platform.h"
#include "oci/reference.h"
#include "stages/add_source.h"
#include "stages/scope.h"
#include "stages/stage_graph.h"

namespace ixian::docker {
namespace {

using base::Error;
using base::ErrorCode;

constexpr char kOtherEngine[] = "build without the daemon: `ix --engine embedded`";

// As the builder prints it in "Step …".
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) line += c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
  return std::string(base::trim(line));
}

class Checker {
 public:
  Checker(const base::SourcePtr& source, base::Position at) : source_(source), at_(at) {}

  template <typename Other>
  void operator()(const Other&) const {}

  void operator()(const dockerfile::Run& run) const {
    if (!run.mount_flags.empty() || !run.mounts.empty()) refuse("RUN --mount");
    if (!run.heredocs.empty()) refuse("here-documents");
    if (run.network != dockerfile::NetworkMode::kDefault) refuse("RUN --network");
    if (run.insecure) refuse("RUN --security");
    if (!run.devices.empty()) refuse("RUN --device");
  }
  void operator()(const dockerfile::Copy& copy) const {
    check(copy, "COPY");
    if (copy.parents) refuse("COPY --parents");
  }
  void operator()(const dockerfile::Add& add) const {
    check(add, "ADD");
    if (!add.checksum.empty()) refuse("ADD --checksum");
    if (add.keep_git_dir) refuse("ADD --keep-git-dir");
    if (add.unpack) refuse("ADD --unpack");
  }

 private:
  void check(const dockerfile::CopyBase& transfer, const char* name) const {
    if (!transfer.inline_files.empty()) refuse("here-documents");
    if (transfer.link) refuse(fmt::format("{} --link", name));
    if (!transfer.chmod.empty()) refuse(fmt::format("{} --chmod", name));
    if (!transfer.excludes.empty()) refuse(fmt::format("{} --exclude", name));
  }

  [[noreturn]] void refuse(const std::string& what) const {
    const Error error = source_->error(
        at_, fmt::format("the Docker daemon's builder, as its API offers it, does not support {}\nhint: {}",
                         what, kOtherEngine));
    throw Error(ErrorCode::kUsage, error.message(), error.context());
  }

  const base::SourcePtr& source_;
  const base::Position at_;
};

void check_job(const engine::StageJob& job) {
  if (!job.contexts.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("the Docker daemon's builder, as its API offers it, does not "
                                               "support --build-context\nhint: {}",
                                               kOtherEngine));
  }
  if (!job.unset_labels.empty() || !job.unset_environment.empty()) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("the Docker daemon's builder cannot leave out labels or variables\nhint: leave out "
                    "--unsetlabel and --unsetenv, or {}",
                    kOtherEngine));
  }
  if (job.dns.any()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the Docker daemon's builder takes its name servers from the daemon\nhint: leave "
                            "out --dns, --dns-search and --dns-option, or {}",
                            kOtherEngine));
  }
  if (!job.no_cache_stages.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("the Docker daemon's builder cannot disable the cache for "
                                               "single stages\nhint: use --no-cache, or {}",
                                               kOtherEngine));
  }
}

}  // namespace

LegacyBuild plan_classic_build(const engine::StageJob& job) {
  check_job(job);
  const dockerfile::Dockerfile file = dockerfile::parse(job.dockerfile, job.dockerfile_name);
  const std::string host = oci::host_platform().text();
  const stages::GlobalScope global(
      file, {job.build_args, job.platform ? job.platform->text() : host, host, job.target, job.proxies});
  const stages::StageGraph graph(file, global);
  const std::size_t target = graph.target(job.target);
  LegacyBuild build{file.source, {}, {}};
  for (const dockerfile::Instruction& arg : file.global_args)
    build.steps.push_back({"", one_line(arg.text), arg.where.begin});
  // It builds every stage up to the target, needed or not.
  std::vector<std::size_t> stages;
  for (std::size_t i = 0; i <= target; ++i) {
    stages.push_back(i);
    const dockerfile::Stage& stage = file.stages[i];
    build.steps.push_back({graph.label(i), one_line(stage.text), stage.where.begin});
    for (const dockerfile::Instruction& instruction : stage.instructions) {
      std::visit(Checker(file.source, instruction.where.begin), instruction.body);
      build.steps.push_back({graph.label(i), one_line(instruction.text), instruction.where.begin});
    }
  }
  std::set<std::string> seen;
  for (const std::string& image : graph.images(stages)) {
    std::string name = oci::parse_reference(image).text();
    if (seen.insert(name).second) build.images.push_back(std::move(name));
  }
  return build;
}

}  // namespace ixian::docker
