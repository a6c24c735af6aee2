// Image tasks in a run: what is built, in which order, and what is pushed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/image_builder.h"
#include "testing/fake_engine.h"
#include "testing/runner_project.h"

namespace ixian::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kRepository[] = "registry.local/shop";

class ImageRun : public ixian::testing::RunnerTest {
 protected:
  // A stage that stands on others, or on nothing.
  task::Task& stage(const std::string& name, std::vector<std::string> bases = {},
                    const std::string& word = "one") {
    std::vector<std::string> depends;
    task::StageDeclaration declared;
    declared.name = name;
    declared.repository = kRepository;
    declared.dockerfile_name = "Dockerfile." + name;
    for (const std::string& base : bases) {
      depends.push_back("build_" + base);
      declared.stage_args.push_back({base + "_IMAGE", "build_" + base, task::StageArgument::Part::kImage});
      declared.dockerfile += "ARG " + base + "_IMAGE\n";
    }
    for (const std::string& base : bases)
      declared.dockerfile += "FROM $" + base + "_IMAGE AS from-" + base + "\n";
    if (bases.empty()) declared.dockerfile += "FROM scratch AS bottom\n";
    declared.dockerfile += "LABEL word=" + word + "\n";
    for (std::size_t i = 0; i + 1 < bases.size(); ++i)
      declared.dockerfile += "COPY --from=from-" + bases[i] + " / /\n";
    task::Task& task = project.add("build_" + name, depends, [this, name](const task::TaskCall&) {
      work_->make(*images_, images_->step(images_->graph().require("build_" + name)));
    });
    task.image_stage = [declared] { return declared; };
    return task;
  }

  Report run(const std::string& root, plan::PushPolicy push = plan::PushPolicy::kNever,
             const plan::TaskOptions& options = {}) {
    auto now = project.session();
    keys::KeyCallbacks sources{nullptr,
                               nullptr,
                               nullptr,
                               nullptr,
                               [](const auto&) { return base::Json::object(); },
                               {},
                               project.sink,
                               project.cancellation,
                               nullptr};
    images_ = std::make_unique<plan::ImagePlanner>(
        now->graph, std::move(sources),
        [this, push] {
          plan::ImagePlanOptions run_options;
          run_options.places.local = [this](const std::string& repository) {
            return std::make_shared<Local>(engine_, repository);
          };
          run_options.places.registry = [this](const std::string&) -> std::shared_ptr<oci::ImageFinder> {
            return registry_;
          };
          run_options.push = push;
          return run_options;
        },
        project.sink, project.cancellation);
    ImageServices services;
    services.engine = [this]() -> engine::Engine& { return engine_; };
    services.open_repo = [this](const oci::Reference&, bool) -> std::shared_ptr<oci::ImageRepo> {
      if (refuses_) throw base::Error(base::ErrorCode::kRegistry, "The registry refuses.");
      return registry_;
    };
    work_ = std::make_unique<ImageBuilder>(std::move(services), ImageBuildOptions{}, project.sink,
                                           project.cancellation);
    const auto made = plan::make_plan(now->graph, now->states, now->store, now->graph.require(root), options,
                                      images_.get());
    RunContext context{now->graph,   now->states,          now->store,   project.folder(),
                       project.sink, project.cancellation, images_.get()};
    Report report = run_plan(made, options, {2, false}, context);
    for (PushFailure& failure : work_->finish()) report.failures.push_back({failure.task, failure.error});
    return report;
  }

  std::vector<std::string> built() const {
    std::vector<std::string> names;
    for (const engine::StageJob& job : engine_.jobs()) names.push_back(job.dockerfile_name.substr(11));
    return names;
  }

  std::vector<std::string> pushed() const {
    std::vector<std::string> stages;
    for (const std::string& tag : registry_->tags()) stages.push_back(tag.substr(0, tag.rfind('-')));
    return stages;
  }

  class Local : public oci::ImageFinder {
   public:
    Local(engine::Engine& engine, std::string repository)
        : engine_(engine), repository_(std::move(repository)) {}
    std::string name() const override { return "here"; }
    std::optional<oci::Descriptor> find(const std::string& ref) override {
      return engine_.resolve(repository_ + ":" + ref);
    }

   private:
    engine::Engine& engine_;
    const std::string repository_;
  };

  ixian::testing::FakeEngine engine_;
  std::shared_ptr<ixian::testing::MemoryRepo> registry_ =
      std::make_shared<ixian::testing::MemoryRepo>(kRepository);
  std::unique_ptr<plan::ImagePlanner> images_;
  std::unique_ptr<ImageBuilder> work_;
  bool refuses_ = false;
};

TEST_F(ImageRun, StagesAreBuiltBelowFirstAndOnce) {
  stage("base");
  stage("python", {"base"});
  stage("runtime", {"python"});
  EXPECT_TRUE(run("build_runtime").ok());
  EXPECT_THAT(built(), ElementsAre("base", "python", "runtime"));
  EXPECT_TRUE(run("build_runtime").ok());
  EXPECT_THAT(built(), ElementsAre("base", "python", "runtime"));
}

TEST_F(ImageRun, StageGetsTheNameOfTheImageThatItStandsOn) {
  stage("base");
  stage("runtime", {"base"});
  run("build_runtime");
  const auto jobs = engine_.jobs();
  EXPECT_EQ(jobs.at(1).build_args.at("base_IMAGE"), jobs.at(0).tags.at(0));
}

TEST_F(ImageRun, NothingBelowAnImageThatTheRegistryHasIsBuilt) {
  stage("base");
  stage("runtime", {"base"});
  run("build_runtime", plan::PushPolicy::kFinal);
  EXPECT_THAT(pushed(), ElementsAre("runtime"));
  engine_.remove_image(engine_.jobs()[0].tags[0]);
  engine_.remove_image(engine_.jobs()[1].tags[0]);
  EXPECT_TRUE(run("build_runtime").ok());
  EXPECT_EQ(built().size(), 2u);
}

TEST_F(ImageRun, PolicySaysWhatIsPushed) {
  stage("base");
  stage("runtime", {"base"});
  run("build_runtime");
  EXPECT_THAT(pushed(), IsEmpty());
  run("build_runtime", plan::PushPolicy::kStages);
  EXPECT_THAT(pushed(), UnorderedElementsAre("base", "runtime"));
  EXPECT_EQ(built().size(), 2u) << "what is here is pushed without being built";
}

TEST_F(ImageRun, FailedPushFailsTheRunAndKeepsTheImage) {
  stage("base");
  refuses_ = true;
  const Report report = run("build_base", plan::PushPolicy::kStages);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].error.code(), base::ErrorCode::kRegistry);
  refuses_ = false;
  EXPECT_TRUE(run("build_base", plan::PushPolicy::kStages).ok());
  EXPECT_THAT(pushed(), ElementsAre("base"));
  EXPECT_EQ(built().size(), 1u);
}

TEST_F(ImageRun, FailedBuildStopsWhatStandsOnIt) {
  stage("base");
  stage("runtime", {"base"});
  engine_.on_build = [](const engine::StageJob&) { throw failure("exit code 7"); };
  const Report report = run("build_runtime");
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_THAT(report.failures[0].error.message(), HasSubstr("exit code 7"));
  EXPECT_THAT(report.not_started, ElementsAre("build_runtime"));
}

TEST_F(ImageRun, WhatMakesFilesRunsBeforeAnyImageIsPlanned) {
  std::string word = "one";
  project.add("generate", {}, [&](const task::TaskCall&) { word = "generated"; });
  stage("base");
  auto& runtime = stage("runtime", {"base"});
  runtime.depends.push_back("generate");
  const auto declared = runtime.image_stage();
  runtime.image_stage = [declared, &word] {
    task::StageDeclaration now = declared;
    now.dockerfile += "LABEL made=" + word + "\n";
    return now;
  };
  EXPECT_TRUE(run("build_runtime").ok());
  EXPECT_THAT(engine_.jobs().at(1).dockerfile, HasSubstr("made=generated"));
  EXPECT_EQ(project.take_notes().front(), "generate");
}

TEST_F(ImageRun, TaskThatNeedsAnImageRunsAgainWhenItsKeyIsAnother) {
  stage("base");
  project.add("deploy", {"build_base"});
  project.checked();
  run("deploy");
  project.take_notes();
  run("deploy");
  EXPECT_THAT(project.take_notes(), IsEmpty());
}

TEST_F(ImageRun, ForcedImageIsBuiltThoughItIsThere) {
  stage("base");
  run("build_base");
  plan::TaskOptions options;
  options.force = true;
  run("build_base", plan::PushPolicy::kNever, options);
  EXPECT_EQ(built().size(), 2u);
  EXPECT_TRUE(engine_.jobs()[1].no_cache);
}

TEST_F(ImageRun, ImagesOfAVirtualTargetAreAllWanted) {
  stage("base");
  stage("tools");
  project.add_virtual("all", {"build_base", "build_tools"});
  EXPECT_TRUE(run("all").ok());
  EXPECT_THAT(built(), UnorderedElementsAre("base", "tools"));
}

}  // namespace
}  // namespace ixian::run
