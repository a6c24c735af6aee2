// What is said to the CI service that a job runs in, beside the log: places of mistakes, and the job's page.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "build_results/build_report.h"
#include "ui/terminal.h"

namespace ixian::build_results {

// Where in a Dockerfile a message says that something is: "Dockerfile:5:1: why", "Dockerfile:5: why".
struct MessagePlace {
  unsigned line = 0;
  unsigned column = 0;    // 0: none is said
  std::string_view rest;  // "why"
};

std::optional<MessagePlace> place_in(std::string_view message);

// "::error file=app/Dockerfile,line=5,col=1::…" where GitHub Actions reads the log and `message` begins with
// the place in a Dockerfile, `path` (absolute; "" is none) below the job's workspace; else "".
std::string github_annotation(const std::string& message, const std::string& path,
                              const ui::Environment& environment);

// Appends the report to the file of GITHUB_STEP_SUMMARY, if there is one. Never throws: what cannot be
// written there fails no build.
void append_step_summary(const BuildReport& report, const ui::Environment& environment) noexcept;

}  // namespace ixian::build_results
