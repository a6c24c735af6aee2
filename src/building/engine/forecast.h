// What a build would do, as far as asking tells.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ixian::engine {

// An instruction that makes files.
struct ForecastStep {
  enum class Outcome {
    kCached,
    kRuns,
    kUnknown,  // something else has to be built, or fetched, before anybody can tell
  };
  std::string stage;       // its label
  std::size_t number = 0;  // in the stage, from 1
  std::size_t count = 0;   // of the stage
  std::string title;       // the instruction as it is written, on one line
  Outcome outcome = Outcome::kRuns;
  std::string note;  // half a sentence: where it is cached, why it runs, what has to be known first
};

// In the order of the Dockerfile, of the stages that a build would look at. What only a stage below a cached
// instruction has is not among them.
struct BuildForecast {
  std::vector<ForecastStep> steps;
};

}  // namespace ixian::engine
