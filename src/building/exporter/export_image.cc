// Each output is an activity of its own, in the order given. The two files with digests come last: a script
// that finds them finds all outputs done.
#include "exporter/export_image.h"

#include <algorithm>

#include "base/activity.h"
#include "base/text.h"
#include "files/output_path.h"

namespace ixian::exporter {
namespace {

void write_output(const ExportJob& job, const Output& output) {
  if (output.type->write == nullptr) return;
  const bool pushes = output.type->destination == OutputType::Destination::kRegistry;
  base::Activity activity(job.sink, {pushes ? "push" : "output",
                                     pushes ? names_text(job.options.names_in(output)) : output.destination});
  activity.run([&] { output.type->write(job, output); });
}

base::Json metadata(const ExportJob& job) {
  base::Json json = {{"containerimage.config.digest", job.image.config.digest.text()},
                     {"containerimage.digest", job.digest()},
                     {"containerimage.descriptor", oci::to_json(job.image.manifest.descriptor)}};
  std::vector<std::string> names;
  const auto add = [&](const oci::Reference& name) {
    if (std::find(names.begin(), names.end(), name.text()) == names.end()) names.push_back(name.text());
  };
  for (const oci::Reference& name : job.options.names) add(name);
  for (const Output& output : job.options.outputs)
    for (const oci::Reference& name : output.names) add(name);
  if (!names.empty()) json["image.name"] = base::join(names, ",");
  return json;
}

}  // namespace

std::vector<oci::Reference> ExportOptions::names_in(const Output& output) const {
  std::vector<oci::Reference> all = names;
  all.insert(all.end(), output.names.begin(), output.names.end());
  return all;
}

std::string names_text(const std::vector<oci::Reference>& names) {
  std::vector<std::string> texts;
  for (const oci::Reference& name : names) texts.push_back(name.text());
  return base::join(texts, ", ");
}

void export_image(const ExportJob& job) {
  const ExportOptions& options = job.options;
  for (const Output& output : options.outputs) write_output(job, output);
  if (!options.id_file.empty())
    files::OutputPath(options.id_file).write(job.image.config.digest.text(), job.cancellation);
  if (!options.metadata_file.empty())
    files::OutputPath(options.metadata_file).write(metadata(job).dump(2) + "\n", job.cancellation);
}

}  // namespace ixian::exporter
