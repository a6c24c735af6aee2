// What a build has led to, in the forms in which it is told: for people, for programs, for the page of a CI
// job.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace ixian::build_results {

// Where one image has gone.
struct Delivery {
  std::string type;  // "image", "registry", "docker", "oci", "tar", "local"
  std::string to;    // a name, a path
  std::string done;  // "pushed to", "wrote"
};

struct ReportedImage {
  std::string task = {};    // that it is of; "" is `ix build`
  std::string status = {};  // "built", "cached", "not needed"
  std::vector<std::string> names = {};
  std::string digest = {};
  std::string config_digest = {};
  std::string media_type = {};
  std::string platform = {};
  std::uint64_t size = 0;  // of the layers and the configuration, as they are packed
  std::size_t layers = 0;
  unsigned steps_run = 0;
  unsigned steps_cached = 0;
  std::vector<Delivery> outputs = {};
};

// Counts are of the program's whole run.
struct BuildReport {
  std::string command = {};  // "build", or the task
  std::vector<ReportedImage> images = {};
  std::uint64_t pulled = 0;  // bytes
  std::uint64_t pushed = 0;  // bytes
  unsigned mounted = 0;      // blobs that a registry had elsewhere
  double seconds = 0;
  int exit_code = 0;
  std::string error = {};  // "" where there is none
};

inline constexpr int kReportSchema = 1;

// One or more lines without the last newline.
std::string summary_text(const BuildReport& report);

base::Json to_json(const BuildReport& report);

// A heading and a table, for $GITHUB_STEP_SUMMARY.
std::string summary_markdown(const BuildReport& report);

}  // namespace ixian::build_results
