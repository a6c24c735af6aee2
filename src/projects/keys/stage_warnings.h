// What is odd in the Dockerfile of a stage that cannot be planned: often it is what explains the error.
#pragma once

#include <string>
#include <vector>

#include "keys/dockerfile_inputs.h"
#include "task/stage_declaration.h"

namespace ixian::keys {

// What stages::lint() finds, as lines to warn with, as far as the Dockerfile can be read and bases are
// known. `excluded` as in KeyCallbacks, the others as in dockerfile_inputs(). Never throws base::Error.
std::vector<std::string> stage_warnings(const task::StageDeclaration& declared, const std::string& platform,
                                        const std::vector<std::string>& excluded,
                                        const InputsOfStage& inputs_of_stage,
                                        const FactsOfBase& facts_of_base);

}  // namespace ixian::keys
