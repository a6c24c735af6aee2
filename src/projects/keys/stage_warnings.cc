// Whatever fails on the way leaves out the warnings that needed it, and no others: an error is being told
// already, and this is to explain it.
#include "keys/stage_warnings.h"

#include <map>
#include <optional>
#include <variant>

#include "base/error.h"
#include "context/filtered_view.h"
#include "oci/platform.h"
#include "stages/lint.h"
#include "stages/stage_graph.h"

namespace ixian::keys {
namespace {

// What fails has been told as the error.
template <typename Body>
void try_to(const Body& body) {
  try {
    body();
  } catch (const base::Error&) {
  }
}

std::vector<std::string> as_text(const PartialEnvironment& environment) {
  std::vector<std::string> all;
  for (const auto& [name, value] : environment.values) all.push_back(name + "=" + value.value_or(""));
  return all;
}

// Null where nobody knows all of it.
const PartialEnvironment* environment_of(const std::string& image, const std::string& platform,
                                         const task::StageDeclaration& declared,
                                         const InputsOfStage& inputs_of_stage,
                                         const FactsOfBase& facts_of_base) {
  const PartialEnvironment* known = nullptr;
  if (const task::StageArgument* stage = stage_named(declared, image)) {
    if (const DockerfileInputs* inputs = inputs_of_stage(*stage)) known = &inputs->environment;
  } else if (!holds_stage_argument(image)) {
    if (const BaseFacts* facts = facts_of_base(image, platform)) known = &facts->environment;
  }
  return known != nullptr && known->complete ? known : nullptr;
}

}  // namespace

std::vector<std::string> stage_warnings(const task::StageDeclaration& declared, const std::string& platform,
                                        const std::vector<std::string>& excluded,
                                        const InputsOfStage& inputs_of_stage,
                                        const FactsOfBase& facts_of_base) {
  std::vector<std::string> lines;
  try_to([&] {
    const auto file = dockerfile::parse_until_error(declared.dockerfile, declared.dockerfile_name);
    if (!file) return;
    const stages::GlobalScope global(*file, options_of(declared, platform));
    stages::LintInputs inputs;
    pattern::IgnoreRules ignored;
    if (!declared.context.empty()) {
      try_to([&] {
        ignored = context::read_ignore_rules(declared.context, declared.dockerfile_path, excluded);
        inputs.ignored = &ignored;
      });
    }
    try_to([&] {
      const stages::StageGraph graph(*file, global, named_contexts(declared));
      for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
        const stages::StageNode& node = graph.nodes()[i];
        const auto* image = std::get_if<stages::FromImage>(&node.base);
        if (image == nullptr) continue;
        const std::string its = node.platform.empty() ? platform : oci::parse_platform(node.platform).text();
        const PartialEnvironment* known =
            environment_of(image->name, its, declared, inputs_of_stage, facts_of_base);
        if (known != nullptr) inputs.bases[i] = {as_text(*known), "", its};
      }
    });
    for (const auto& warning : stages::lint(*file, global, inputs).warnings) {
      if (warning.rule != stages::kInvalidDefaultArg)
        lines.push_back(stages::line_of(warning, declared.dockerfile_name));
    }
  });
  return lines;
}

}  // namespace ixian::keys
