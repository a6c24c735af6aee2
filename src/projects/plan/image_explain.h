// Why an image must be built: what differs between its inputs and those of an earlier image of the stage.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "plan/explain.h"

namespace ixian::plan {

// Both are documents of ResolvedStage::inputs. One Change for each file added, removed, changed or with
// another mode; each line of the Dockerfile that differs; each argument; each base ("base (stage)",
// "debian:12: another digest"); target and platform. Empty where the documents are equal.
std::vector<Change> image_changes(const base::Json& before, const base::Json& now);

}  // namespace ixian::plan
