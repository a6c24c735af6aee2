#include "engine/engine.h"

#include "engine/scope_options.h"

namespace ixian::engine {

stages::LintReport Engine::check(const StageJob& job, base::EventSink&, base::Cancellation&) {
  return stages::check_file(job.dockerfile, job.dockerfile_name, scope_options(job));
}

stages::ScopeOptions scope_options(const StageJob& job) {
  const oci::Platform host = oci::host_platform();
  return {job.build_args, job.platform.value_or(host).text(), host.text(), job.target, job.proxies};
}

}  // namespace ixian::engine
