// All contexts of one build.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "build_context/main_context.h"
#include "build_context/named_context.h"

namespace ixian::build_context {

struct ContextRequest {
  MainContext main;
  std::vector<NamedSource> named;

  // Nothing is fetched or unpacked, so that ContextTools::store may be null.
  bool is_all_here() const;
};

struct OpenedContexts {
  std::vector<std::shared_ptr<const void>> kept;                   // temporary directories, which go with it
  std::map<std::string, std::shared_ptr<oci::ImageRepo>> layouts;  // for with_layouts()
};

// Fills in what `job` says of its contexts and its Dockerfile. The job's build argument
// BUILDKIT_CONTEXT_KEEP_GIT_DIR counts. Throws what open_main_context() and open_named_sources() throw.
OpenedContexts open_contexts(const ContextRequest& request, const ContextTools& tools, engine::StageJob& job);

}  // namespace ixian::build_context
