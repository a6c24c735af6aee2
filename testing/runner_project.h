// A project in memory whose tasks can be run.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "run/runner.h"
#include "testing/fake_project.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

class RunnerProject : public FakeProject {
 public:
  using FakeProject::FakeProject;

  // Plans and runs, as a new ix process would.
  run::Report run(const std::string& root, const plan::TaskOptions& options = {}, unsigned jobs = 1) {
    auto now = session();
    return run_planned(*now, plan(*now, root, options), options, jobs);
  }

  run::Report run_planned(Session& now, const plan::TaskPlan& made, const plan::TaskOptions& options = {},
                          unsigned jobs = 1) {
    run::RunContext context{now.graph, now.states, now.store, folder(), sink, cancellation};
    return run::run_plan(made, options, {jobs, false}, context);
  }
};

class RunnerTest : public ::testing::Test {
 protected:
  ~RunnerTest() override { EXPECT_FALSE(project.sink.contract_broken()); }

  static base::Error failure(const std::string& message) { return {base::ErrorCode::kTaskFailed, message}; }

  const TempFolder folder;
  RunnerProject project{folder / "builder"};
};

}  // namespace ixian::testing
