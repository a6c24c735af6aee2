// What an instruction's key holds, besides what it takes from other stages.
#pragma once

#include <memory>

#include "steps/build_plan.h"

namespace ixian::steps {

// Fills in `selection`, `remote` and `definition` of a step whose other members are there. Reads the files of
// the context that the step takes. Throws Error, which the caller points at the step.
void define(Step& step, const PlanContext& sources, const engine::StageJob& job);

// The options for context::select() by which the sources of a COPY or ADD are found.
context::SelectionOptions selection_options(const dockerfile::CopyBase& transfer, bool parents,
                                            const std::string& where);

// Where a COPY or ADD whose words have their values goes to: absolute, with a slash at its end where that is
// a folder by the way it is spelt. Throws Error{kTaskFailed} where several things would become one file.
std::string copy_destination(const dockerfile::CopyBase& transfer, bool parents,
                             const ImageConfigBuilder& settings);

// Throws Error{kTaskFailed} where a RUN has mounted files of the context that are not those of its key any
// more.
void check_mounted_context(const Step& step, const PlanContext& sources);

}  // namespace ixian::steps
