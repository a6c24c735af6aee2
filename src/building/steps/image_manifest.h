// The image that a stage becomes: configuration, history, manifest.
#pragma once

#include "oci/image_config.h"
#include "oci/manifest.h"
#include "snapshot/stage_snapshot.h"
#include "steps/build_plan.h"

namespace ixian::steps {

struct AssembledImage {
  std::string config;  // its bytes
  oci::Manifest manifest;
};

// The image after the first `steps` instructions of the stage, the last of which makes files where they are
// not all.
//
// Equal plans and states give equal bytes: instructions that only change the configuration have the time of
// the last one before them that made files. Waits for layers that are being written.
AssembledImage assemble(const BuildPlan& plan, std::size_t stage, std::size_t steps,
                        const snapshot::StageSnapshot& state);

// The whole stage.
AssembledImage assemble(const BuildPlan& plan, std::size_t stage, const snapshot::StageSnapshot& state);

}  // namespace ixian::steps
