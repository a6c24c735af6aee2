// The command line: `ix [flags] TASK [arguments]`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/run_options.h"
#include "cli/command.h"
#include "plan/task_options.h"
#include "ui/make_view.h"

namespace ixian::cli {

struct Options : app::RunOptions {
  bool help = false;
  bool version = false;
  bool json = false;
  ui::ViewKind progress = ui::ViewKind::kAuto;
  ui::Verbosity threshold = ui::Verbosity::kInfo;

  std::vector<const OptionSpec*> given;  // the flags of ix that somebody has written

  std::string task;       // "" where none is named
  plan::TaskOptions run;  // --force and its like, and the words behind the task

  bool is_given(std::string_view flag) const;
};

}  // namespace ixian::cli
