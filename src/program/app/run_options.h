// What a run is told, whoever tells it.
#pragma once

#include <optional>
#include <string>

namespace ixian::app {

struct EngineType;

struct RunOptions {
  unsigned jobs = 1;
  const EngineType* engine = nullptr;  // null: what DOCKER.ENGINE says, else the first of them
  std::optional<bool> push;            // unset: what DOCKER.PUSH says
  bool show = false;                   // what is complete; nothing runs
  bool dry_run = false;                // what would run and why; nothing runs
  bool pull = true;                    // false: registries are not asked for images
  std::string log_level = "info";      // as Python's side calls it
};

}  // namespace ixian::app
