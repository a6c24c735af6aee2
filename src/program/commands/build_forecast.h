// `ix build --dry-run`: what would be done, for people to read.
#pragma once

#include <string>

#include "commands/build_options.h"
#include "engine/forecast.h"
#include "ui/style.h"

namespace ixian::commands {

std::string forecast_text(const engine::BuildForecast& forecast, const BuildOptions& options,
                          const ui::Style& style);

}  // namespace ixian::commands
