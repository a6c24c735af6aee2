// How a command ends that has built images: what it tells to whom.
#pragma once

#include <string>

#include "base/event.h"
#include "build_results/build_report.h"
#include "cli/options.h"
#include "engine/stage_job.h"
#include "exporter/export_image.h"

namespace ixian::build_results {

ReportedImage reported_image(const exporter::ExportOptions& options, const engine::BuiltStage& built,
                             const exporter::Exported& exported);

// An image of a project that was built.
void report_built(const engine::BuiltStage& built, ReportedImage& image);

// The numbers of a manifest; nothing where there are no bytes of it.
void count_layers(const oci::RawManifest& manifest, ReportedImage& image);

// Shows the place of a mistake in the Dockerfile `path` (absolute; "" is none) to a CI service that can.
void tell_mistake(const std::string& message, const std::string& path, base::EventSink& sink);

// The last lines for people, the event for programs, the document on standard output where `options` ask for
// that, and the page of a CI job.
void tell_report(const BuildReport& report, const cli::Options& options, base::EventSink& sink);

}  // namespace ixian::build_results
