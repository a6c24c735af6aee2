// What the variables of a Dockerfile begin with, of a job.
#pragma once

#include "engine/stage_job.h"
#include "stages/scope.h"

namespace ixian::engine {

stages::ScopeOptions scope_options(const StageJob& job);

}  // namespace ixian::engine
