#include "commands/build_forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"
#include "build_flags/cache_option_values.h"
#include "cli/print.h"
#include "dockerfile/dockerfile.h"
#include "engine/scope_options.h"
#include "files/output_path.h"
#include "stages/call_answers.h"

namespace ixian::commands {
namespace {

using Outcome = engine::ForecastStep::Outcome;

std::string place_in_stage(const engine::ForecastStep& step) {
  return fmt::format("{} {}/{}", step.stage, step.number, step.count);
}

std::string action(Outcome outcome, const ui::Style& style) {
  if (outcome == Outcome::kCached) return style.paint(style.gray, "cached ");
  if (outcome == Outcome::kRuns) return style.paint(style.green, "run    ");
  return style.paint(style.yellow, "unknown");
}

std::string summary(const std::vector<engine::ForecastStep>& steps) {
  const auto count = [&](Outcome outcome) {
    return std::count_if(steps.begin(), steps.end(),
                         [&](const auto& each) { return each.outcome == outcome; });
  };
  const auto runs = count(Outcome::kRuns);
  const auto unknown = count(Outcome::kUnknown);
  if (steps.empty()) return "nothing would run: no step creates files\n";
  if (runs + unknown == 0) return "nothing would run: every step is cached\n";
  const std::string how_many =
      unknown == 0 ? std::to_string(runs) : fmt::format("{} to {}", runs, runs + unknown);
  return fmt::format("{} of {} would run:\n", how_many, base::counted(steps.size(), "step"));
}

std::string delivery(const exporter::Output& output, const BuildOptions& options) {
  using Destination = exporter::OutputType::Destination;
  const std::string names = exporter::names_text(options.names_in(output));
  switch (output.type->destination) {
    case Destination::kStore:
      return names.empty() ? "would store the image without a tag\n"
                           : fmt::format("would store the image as {}\n", names);
    case Destination::kRegistry:
      return fmt::format("would push the image to {}\n", names);
    case Destination::kDaemon:
      return names.empty() ? "would load the image into the Docker daemon\n"
                           : fmt::format("would load the image into the Docker daemon as {}\n", names);
    case Destination::kNowhere:
      return "would store nothing but the cache\n";
    case Destination::kDirectory:
      return fmt::format("would write to {}\n", base::printable_path(output.destination));
    case Destination::kFile:
      return fmt::format("would write {}\n", files::OutputPath(output.destination).shown());
  }
  return "";
}

}  // namespace

std::string forecast_text(const engine::BuildForecast& forecast, const BuildOptions& options,
                          const ui::Style& style) {
  const auto& steps = forecast.steps;
  std::size_t width = 0;
  for (const auto& step : steps) width = std::max(width, base::display_width(place_in_stage(step)));
  std::string out = summary(steps);
  for (const auto& step : steps) {
    const std::string place = place_in_stage(step);
    out += fmt::format("  {} {}{}  {}{}\n", action(step.outcome, style), place,
                       std::string(width - base::display_width(place), ' '), step.title,
                       step.note.empty() ? "" : style.paint(style.dim, "  (" + step.note + ")"));
  }
  for (const exporter::Output& output : options.outputs) out += delivery(output, options);
  for (const std::string& file : {options.id_file, options.metadata_file}) {
    if (!file.empty()) out += fmt::format("would write {}\n", files::OutputPath(file).shown());
  }
  if (!options.job.cache_to.empty())
    out += fmt::format("would push steps to {}\n", build_flags::shown_cache(options.job.cache_to));
  return out;
}

int answer_outline(const BuildOptions& options) {
  const engine::StageJob& job = options.job;
  const dockerfile::Dockerfile file = dockerfile::parse(job.dockerfile, job.dockerfile_name);
  const stages::Outline outline =
      stages::outline(file, stages::GlobalScope(file, engine::scope_options(job)), job.target);
  if (options.call.json) {
    cli::print_json(stages::outline_json(outline, job.dockerfile));
  } else {
    cli::print(stages::outline_text(outline));
  }
  return 0;
}

int answer_targets(const BuildOptions& options) {
  const auto targets =
      stages::list_targets(dockerfile::parse(options.job.dockerfile, options.job.dockerfile_name));
  if (options.call.json) {
    cli::print_json(stages::targets_json(targets, options.job.dockerfile));
  } else {
    cli::print(stages::targets_text(targets));
  }
  return 0;
}

int answer_check(const BuildOptions& options, const stages::LintReport& report) {
  const stages::CheckedFile file{options.job.dockerfile_name, options.job.dockerfile};
  if (options.call.json) {
    cli::print_json(stages::check_json(report, file));
  } else {
    cli::print(stages::check_text(report, file));
  }
  if (report.failure) throw base::Error(*report.failure);
  return report.warnings.empty() || options.call.ignore_status ? 0 : 1;
}

}  // namespace ixian::commands
