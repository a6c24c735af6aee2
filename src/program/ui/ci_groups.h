// The folding sections that CI services show in a job's log, one for each stage.
#pragma once

#include <string>
#include <string_view>

#include "ui/terminal.h"

namespace ixian::ui {

enum class CiService { kNone, kGithub, kGitlab };

// By GITHUB_ACTIONS and GITLAB_CI.
CiService ci_service(const Environment& environment);

// A log cannot have two sections open. Stages run side by side, so one is closed when a line of another
// comes, and opened again later: each section is a stretch of one stage's lines. What belongs to no stage is
// in none: errors are never folded away. Not thread-safe.
class CiGroups {
 public:
  explicit CiGroups(CiService service = CiService::kNone, Clock clock = Clock::real())
      : service_(service), clock_(std::move(clock)) {}

  // What is to be written before a line about the activity of that name: "stage-0 2/4" is of stage-0, a name
  // without a number of no stage. Mostly "".
  std::string before(std::string_view activity);

  // At the end of all.
  std::string close();

 private:
  const CiService service_;
  const Clock clock_;
  std::string open_;       // the stage
  unsigned sections_ = 0;  // so far
};

}  // namespace ixian::ui
