// The context of a build and its Dockerfile.
#pragma once

#include <memory>
#include <string>

#include "build_context/open_context.h"
#include "engine/stage_job.h"

namespace ixian::build_context {

struct MainContext {
  ContextSource source;
  std::string file;  // of --file: a path, a URL, "-"; "" is the context's own
  std::string here;  // that relative paths count from, absolute
};

// Fills in what `job` says of its Dockerfile and context. A relative `file` counts from `here` where the
// context is a directory of this machine, else from the context's root, which it cannot leave; an absolute
// one is always of this machine. Without one the context's Dockerfile, dockerfile or Containerfile is read.
// What is returned keeps a temporary directory as long as it lives; null where there is none. Throws what
// open_context() throws, and Error{kUsage} where there is no such file.
std::shared_ptr<const void> open_main_context(const MainContext& main, const ContextTools& tools,
                                              engine::StageJob& job);

}  // namespace ixian::build_context
