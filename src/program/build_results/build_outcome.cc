#include "build_results/build_outcome.h"

#include <algorithm>
#include <variant>

#include "build_results/ci.h"
#include "cli/print.h"
#include "files/output_path.h"
#include "ui/result_listener.h"

namespace ixian::build_results {
namespace {

using Destination = exporter::OutputType::Destination;

void add_named(const exporter::ExportOptions& options, const exporter::Output& output,
               const std::string& type, const std::string& done, ReportedImage& image) {
  for (const oci::Reference& name : options.names_in(output)) {
    const std::string to = output.by_digest ? name.text() + "@" + image.digest : name.text();
    image.outputs.push_back({type, to, done});
  }
}

void add_delivery(const exporter::ExportOptions& options, const exporter::Output& output,
                  ReportedImage& image) {
  switch (output.type->destination) {
    case Destination::kStore:
      return add_named(options, output, "image", "stored as", image);
    case Destination::kRegistry:
      return add_named(options, output, "registry", "pushed to", image);
    case Destination::kDaemon:
      return add_named(options, output, "docker", "loaded into Docker as", image);
    case Destination::kFile:
      image.outputs.push_back(
          {std::string(output.type->name), files::OutputPath(output.destination).shown(), "wrote"});
      return;
    case Destination::kDirectory:
      image.outputs.push_back({std::string(output.type->name), output.destination, "wrote"});
      return;
    case Destination::kNowhere:
      return;
  }
}

}  // namespace

void count_layers(const oci::RawManifest& manifest, ReportedImage& image) {
  image.media_type = manifest.descriptor.media_type;
  if (manifest.bytes.empty()) return;
  const auto parsed = manifest.parsed();
  const auto* one = std::get_if<oci::Manifest>(&parsed);
  if (one == nullptr) return;
  image.layers = one->layers.size();
  image.size = one->config.size;
  for (const oci::Descriptor& layer : one->layers) image.size += layer.size;
}

void report_built(const engine::BuiltStage& built, ReportedImage& image) {
  image.status = "built";
  image.digest = built.manifest.descriptor.digest.text();
  image.config_digest = built.config.digest.text();
  image.steps_run = built.instructions - built.cached;
  image.steps_cached = built.cached;
  count_layers(built.manifest, image);
}

ReportedImage reported_image(const exporter::ExportOptions& options, const engine::BuiltStage& built,
                             const exporter::Exported& exported) {
  ReportedImage image;
  report_built(built, image);
  if (built.instructions > 0 && built.cached == built.instructions) image.status = "cached";
  image.digest = exported.manifest.descriptor.digest.text();
  image.config_digest = exported.config.digest.text();
  for (const exporter::Output& output : options.outputs) {
    for (const oci::Reference& name : options.names_in(output)) {
      const std::string text = name.text();
      if (std::find(image.names.begin(), image.names.end(), text) == image.names.end())
        image.names.push_back(text);
    }
  }
  count_layers(exported.manifest, image);
  for (const exporter::Output& output : options.outputs) add_delivery(options, output, image);
  return image;
}

void tell_mistake(const std::string& message, const std::string& path, base::EventSink& sink) {
  if (ui::result_listener(sink) != nullptr) return;  // which reads nothing but JSON
  const std::string annotation = github_annotation(message, path, ui::process_environment());
  if (!annotation.empty()) sink.output(base::kNoActivity, annotation);
}

void tell_report(const BuildReport& report, const cli::Options& options, base::EventSink& sink) {
  if (auto* listener = ui::result_listener(sink))
    listener->result(to_json(report));
  else if (report.exit_code == 0)
    sink.log(base::kNoActivity, base::LogLevel::kInfo, summary_text(report));
  if (options.json) cli::print_json(to_json(report));
  append_step_summary(report, ui::process_environment());
}

}  // namespace ixian::build_results
