// Each output is an activity of its own, in the order given. Outputs that want the image in one form share
// it. The two files with digests come last: a script that finds them finds all outputs done.
#include "exporter/export_image.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/activity.h"
#include "base/sha256.h"
#include "base/text.h"
#include "files/output_path.h"

namespace ixian::exporter {
namespace {

using Destination = OutputType::Destination;

// What the activity is about.
std::string shown(const ExportJob& job, const Output& output) {
  const Destination destination = output.type->destination;
  if (destination == Destination::kFile || destination == Destination::kDirectory) return output.destination;
  return names_text(job.options.names_in(output));
}

OutgoingImage outgoing(const ExportJob& job, const Output& output) {
  OutgoingImage built{job.image.manifest, job.image.config, nullptr};
  if (!output.type->is_image() || !output.form.is_own()) return built;
  const auto store = job.open_store();
  const auto lease = store->lease();
  return in_form(output.form, in_store(job, store), job.image.base_layers, store, job.sink, job.cancellation);
}

OutgoingImage write_output(const ExportJob& job, const Output& output) {
  const Destination destination = output.type->destination;
  // Nothing is left to do, and nothing to be told of.
  if (output.type->write == nullptr || (destination == Destination::kStore && !output.form.is_own()))
    return outgoing(job, output);
  if (destination == Destination::kDaemon) {  // which tells of itself
    OutgoingImage image = outgoing(job, output);
    output.type->write(job, output, image);
    return image;
  }
  base::Activity activity(job.sink,
                          {destination == Destination::kRegistry ? "push" : "output", shown(job, output)});
  return activity.run([&] {
    OutgoingImage image = outgoing(job, output);
    output.type->write(job, output, image);
    return image;
  });
}

// BuildKit's is of one build in a history that ix does not have; here it is the same for the same image.
std::string build_reference(const std::string& digest) {
  constexpr std::size_t kLength = 25;
  return "ix/ix/" + base::sha256_hex(digest).substr(0, kLength);
}

base::Json metadata(const ExportJob& job, const Exported& exported) {
  const std::string digest = exported.manifest.descriptor.digest.text();
  oci::Descriptor descriptor = exported.manifest.descriptor;
  descriptor.annotations = job.options.descriptor_annotations;
  base::Json json = {{"buildx.build.ref", build_reference(digest)},
                     {"containerimage.config.digest", exported.config.digest.text()},
                     {"containerimage.digest", digest},
                     {"containerimage.descriptor", oci::to_json(descriptor)}};
  std::vector<std::string> names;
  const auto add = [&](const oci::Reference& name) {
    if (std::find(names.begin(), names.end(), name.text()) == names.end()) names.push_back(name.text());
  };
  for (const Output& output : job.options.outputs)
    for (const oci::Reference& name : job.options.names_in(output)) add(name);
  if (!names.empty()) json["image.name"] = base::join(names, ",");
  if (job.options.more_metadata) json.update(job.options.more_metadata());
  return json;
}

}  // namespace

std::vector<oci::Reference> ExportOptions::names_in(const Output& output) const {
  std::vector<oci::Reference> all = names;
  all.insert(all.end(), output.names.begin(), output.names.end());
  if (output.by_digest)
    for (oci::Reference& name : all) name.tag.clear();
  return all;
}

std::string names_text(const std::vector<oci::Reference>& names) {
  std::vector<std::string> texts;
  for (const oci::Reference& name : names) texts.push_back(name.text());
  return base::join(texts, ", ");
}

oci::RawManifest in_store(const ExportJob& job, const std::shared_ptr<store::Store>& store) {
  if (!job.image.manifest.bytes.empty()) return job.image.manifest;
  const auto repo = store->images("");
  const oci::Descriptor copied = job.engine.export_image(job.digest(), *repo, "", job.cancellation);
  return *repo->read_manifest(copied.digest.text());
}

Exported export_image(const ExportJob& job) {
  const ExportOptions& options = job.options;
  Exported exported{job.image.manifest, job.image.config};
  for (const Output& output : options.outputs) {
    const OutgoingImage image = write_output(job, output);
    if (output.type->is_image()) exported = {image.manifest, image.config};
  }
  if (!options.id_file.empty())
    files::OutputPath(options.id_file).write(exported.config.digest.text(), job.cancellation);
  if (!options.metadata_file.empty())
    files::OutputPath(options.metadata_file).write(metadata(job, exported).dump(2) + "\n", job.cancellation);
  return exported;
}

void remove_id_file(const std::string& path) noexcept try {
  struct stat status = {};
  if (path.empty() || ::lstat(path.c_str(), &status) != 0 || !files::OutputPath(path).is_replaced()) return;
  if (S_ISREG(status.st_mode)) ::unlink(path.c_str());
  // What a link leads to keeps its mode, and loses what it says.
  if (S_ISLNK(status.st_mode) && ::truncate(path.c_str(), 0) != 0) return;
} catch (const std::exception&) {  // where it is written, that is told
}

}  // namespace ixian::exporter
