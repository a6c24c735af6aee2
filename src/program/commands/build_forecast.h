// What `ix build` answers without building: --dry-run, --call.
#pragma once

#include <string>

#include "commands/build_options.h"
#include "engine/forecast.h"
#include "stages/lint.h"
#include "ui/style.h"

namespace ixian::commands {

std::string forecast_text(const engine::BuildForecast& forecast, const BuildOptions& options,
                          const ui::Style& style);

// To standard output. Returns the exit code. Throws Error for a file, or a target, that cannot be used.
int answer_outline(const BuildOptions& options);
int answer_targets(const BuildOptions& options);
int answer_check(const BuildOptions& options, const stages::LintReport& report);

}  // namespace ixian::commands
