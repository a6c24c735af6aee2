// Dockerfiles: whatever is read has its places, and every refusal can be shown. What is read is evaluated as
// a build would.
#include "dockerfile/dockerfile.h"

#include "dockerfile/run_command.h"
#include "fuzz.h"
#include "stages/lint.h"
#include "stages/scope.h"
#include "stages/stage_graph.h"

namespace ixian::dockerfile {
namespace {

template <typename Work>
void guarded(const Work& work) {
  try {
    work();
  } catch (const base::Error& error) {
    FUZZ_CHECK(fuzz::is_message(error.message()));
  }
}

void check_instruction(const Instruction& instruction, const Dockerfile& file) {
  FUZZ_CHECK(instruction.where.begin.line > 0);
  FUZZ_CHECK(instruction.where.last_line >= instruction.where.begin.line);
  FUZZ_CHECK(!file.source->excerpt(instruction.where.begin).empty());
  FUZZ_CHECK(!keyword(instruction.body).empty());
  if (const auto* run = std::get_if<Run>(&instruction.body)) {
    FUZZ_CHECK(run->command.words.size() == 1 || !run->command.shell);
    const RunCommand command = run_command(*run, {});
    FUZZ_CHECK(!command.argv.empty());
    FUZZ_CHECK(!command.script || command.script->path.find('/', 11) == std::string::npos);
  }
  if (const auto* on_build = std::get_if<OnBuild>(&instruction.body))
    parse_trigger(on_build->trigger, "trigger");
}

void evaluate(const Dockerfile& file) {
  stages::ScopeOptions options;
  options.build_args = {{"A", "1"}, {"BASE", "debian"}};
  const stages::GlobalScope global(file, options);
  guarded([&] { stages::lint(file, global); });
  const stages::StageGraph graph(file, global);
  const auto needed = graph.needed(graph.target(""));
  FUZZ_CHECK(!needed.empty() && needed.back() + 1 == file.stages.size());
  graph.images(needed);
  for (const stages::StageNode& node : graph.nodes()) {
    stages::StageScope scope(global, {"A=2", "HOME=/root"});
    guarded([&] {
      for (const stages::StageInstruction& step : node.steps) {
        const auto resolved = scope.resolve(step.instruction, step.source);
        FUZZ_CHECK(resolved.instruction.body.index() == step.instruction.body.index());
      }
    });
  }
}

}  // namespace
}  // namespace ixian::dockerfile

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ixian::dockerfile;  // NOLINT(google-build-using-namespace)
  guarded([&] {
    const Dockerfile file = parse(std::string(ixian::fuzz::text_of(data, size)), "Dockerfile");
    for (const Stage& stage : file.stages) {
      for (const Instruction& instruction : stage.instructions) {
        // An escape directive is of the file; the image that a trigger goes into does not know it.
        if (file.directives.escape == '\\' || !std::holds_alternative<OnBuild>(instruction.body)) {
          check_instruction(instruction, file);
        }
      }
    }
    evaluate(file);
  });
  return 0;
}
