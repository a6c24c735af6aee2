#include "build_results/build_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "ui/quantity.h"

namespace ixian::build_results {
namespace {

std::string bytes_text(std::uint64_t bytes) {
  return ui::format_bytes(static_cast<double>(bytes));
}

std::string number_of(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// "2 steps run, 5 cached", "5 steps cached", "" of a daemon's images, whose steps are its own.
std::string steps_text(unsigned run, unsigned cached) {
  if (run == 0 && cached == 0) return "";
  if (run == 0) return number_of(cached, "step") + " cached";
  return number_of(run, "step") + " run" + (cached == 0 ? "" : fmt::format(", {} cached", cached));
}

// ", pulled 30 MB, pushed 4.1 MB".
std::string traffic_text(const BuildReport& report) {
  std::string text;
  if (report.pulled > 0) text += ", pulled " + bytes_text(report.pulled);
  if (report.pushed > 0) text += ", pushed " + bytes_text(report.pushed);
  if (report.mounted > 0) text += fmt::format(", {} mounted", number_of(report.mounted, "blob"));
  return text;
}

// "2 built, 1 cached, 1 not needed, 2 pushed" of a project's images, "done" of the one of `ix build`.
std::string done_text(const BuildReport& report) {
  if (report.images.empty() || report.images.front().task.empty()) return "done";
  std::vector<std::string> parts;
  const auto add = [&](std::string_view what, const auto& counts) {
    const auto count = std::count_if(report.images.begin(), report.images.end(), counts);
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  for (const std::string_view status : {"built", "cached", "not needed"})
    add(status, [&](const ReportedImage& image) { return image.status == status; });
  add("pushed", [](const ReportedImage& image) { return !image.outputs.empty(); });
  return base::join(parts, ", ");
}

std::string size_text(const ReportedImage& image) {
  if (image.layers == 0 && image.size == 0) return "";
  return fmt::format(" ({}, {})", number_of(image.layers, "layer"), bytes_text(image.size));
}

base::Json or_null(const std::string& text) {
  return text.empty() ? base::Json() : base::Json(text);
}

// Of Markdown's tables.
std::string cell(const std::string& given) {
  std::string text = base::printable_path(given);
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

}  // namespace

std::string summary_text(const BuildReport& report) {
  std::vector<std::string> lines;
  for (const ReportedImage& image : report.images) {
    if (!image.task.empty() && image.status != "built" && image.outputs.empty()) continue;
    const std::string steps = steps_text(image.steps_run, image.steps_cached);
    if (image.digest.empty()) {
      for (const Delivery& output : image.outputs)
        lines.push_back(fmt::format("{} {}", output.done, output.to));
      continue;
    }
    lines.push_back(fmt::format("{}{}{}{}",
                                image.task.empty() ? "image " : "image " + image.names.front() + " ",
                                image.digest, size_text(image), steps.empty() ? "" : ": " + steps));
    for (const Delivery& output : image.outputs)
      lines.push_back(fmt::format("{} {}", output.done, output.to));
  }
  lines.push_back(fmt::format("{}: {} in {}{}", report.command, done_text(report),
                              ui::format_duration(report.seconds), traffic_text(report)));
  return base::join(lines, "\n");
}

base::Json to_json(const BuildReport& report) {
  base::Json images = base::Json::array();
  for (const ReportedImage& image : report.images) {
    base::Json outputs = base::Json::array();
    for (const Delivery& output : image.outputs)
      outputs.push_back({{"type", output.type}, {"to", output.to}});
    images.push_back({{"task", or_null(image.task)},
                      {"status", image.status},
                      {"names", image.names},
                      {"digest", or_null(image.digest)},
                      {"config_digest", or_null(image.config_digest)},
                      {"media_type", or_null(image.media_type)},
                      {"platform", or_null(image.platform)},
                      {"size", image.size},
                      {"layers", image.layers},
                      {"steps_run", image.steps_run},
                      {"steps_cached", image.steps_cached},
                      {"outputs", outputs}});
  }
  return {{"schema", kReportSchema},       {"command", report.command},     {"images", images},
          {"pulled_bytes", report.pulled}, {"pushed_bytes", report.pushed}, {"mounted_blobs", report.mounted},
          {"seconds", report.seconds},     {"exit_code", report.exit_code}, {"error", or_null(report.error)}};
}

std::string summary_markdown(const BuildReport& report) {
  std::string text =
      fmt::format("### ix {}: {}\n\n", cell(report.command),
                  report.exit_code == 0 ? "done" : fmt::format("exit code {}", report.exit_code));
  if (!report.error.empty()) {
    for (const std::string_view line : base::split(report.error, '\n'))
      text += fmt::format("    {}\n", base::printable_path(line));
    text += "\n";
  }
  if (!report.images.empty()) text += "| image | digest | size | steps | went to |\n|---|---|---|---|---|\n";
  for (const ReportedImage& image : report.images) {
    std::vector<std::string> places;
    for (const Delivery& output : image.outputs) places.push_back(output.to);
    const std::string name = !image.task.empty() ? image.task : base::join(image.names, ", ");
    const std::string steps = steps_text(image.steps_run, image.steps_cached);
    const std::string digest = image.digest.empty() ? "" : fmt::format("`{}`", image.digest);
    text += fmt::format("| {} | {} | {} | {} | {} |\n", cell(name), digest, bytes_text(image.size),
                        steps.empty() ? image.status : steps, cell(base::join(places, ", ")));
  }
  return text + fmt::format("\n{}{}\n\n", ui::format_duration(report.seconds), traffic_text(report));
}

}  // namespace ixian::build_results
