#include "exporter/output_table.h"

#include "exporter/export_image.h"
#include "exporter/rootfs.h"
#include "files/byte_sink.h"
#include "files/output_path.h"
#include "layout/docker_archive.h"
#include "layout/layout_repo.h"
#include "layout/temporary_file.h"
#include "oci/image_repo.h"

namespace ixian::exporter {
namespace {

void push(const ExportJob& job, const Output& output) {
  for (const oci::Reference& name : job.options.names_in(output))
    job.engine.export_image(job.digest(), *job.open_target(name), name.identifier(), job.cancellation);
}

void write_layout(const ExportJob& job, const Output& output) {
  const auto write = [&](const std::string& tag, const std::string& name) {
    const auto layout =
        layout::open_layout(output.destination, layout::LayoutUse::kWrite, job.cancellation, "", name);
    job.engine.export_image(job.digest(), *layout, tag, job.cancellation);
  };
  const auto names = job.options.names_in(output);
  if (names.empty()) return write("latest", "");
  // The first one last, so that it comes first where several have one tag.
  for (auto name = names.rbegin(); name != names.rend(); ++name) write(name->identifier(), name->text());
}

void write_archive(const ExportJob& job, const Output& output) {
  std::vector<std::string> names;
  for (const oci::Reference& name : job.options.names_in(output)) names.push_back(name.text());
  const auto archive = layout::create_docker_archive(output.destination, names, job.cancellation);
  job.engine.export_image(job.digest(), *archive, "", job.cancellation);
  archive->finish();
}

// Calls `write` with the store and the image in it, which has it already or gets it from the engine now.
template <typename Write>
void write_files(const ExportJob& job, const Write& write) {
  const auto store = job.open_store();
  const auto lease = store->lease();
  if (!job.image.manifest.bytes.empty()) return write(store, job.image.manifest);
  const auto repo = store->images("");
  const oci::Descriptor copied = job.engine.export_image(job.digest(), *repo, "", job.cancellation);
  write(store, *repo->read_manifest(copied.digest.text()));
}

void write_tar(const ExportJob& job, const Output& output) {
  write_files(job, [&](const std::shared_ptr<store::Store>& store, const oci::RawManifest& image) {
    const files::OutputPath place(output.destination);
    // A pipe or device is written to as it is; a file is replaced as a whole, once it is complete.
    if (!place.is_replaced()) {
      const files::UniqueFd fd = place.open(job.cancellation);
      files::FileSink out(fd.get(), place.shown());
      return write_root_tar(store, image, out, job.sink, job.cancellation);
    }
    layout::TemporaryFile file(place.folder(), ".ix-output-");
    files::FileSink out(file.fd(), place.shown());
    write_root_tar(store, image, out, job.sink, job.cancellation);
    file.give_to(place, job.cancellation);
  });
}

void write_directory(const ExportJob& job, const Output& output) {
  write_files(job, [&](const std::shared_ptr<store::Store>& store, const oci::RawManifest& image) {
    write_root_folder(store, image, output.destination, job.sink, job.cancellation);
  });
}

}  // namespace

const std::vector<OutputType>& output_types() {
  using Destination = OutputType::Destination;
  static const std::vector<OutputType> table = {
      {"image", Destination::kStore, "the store (default)", "", nullptr},
      {"registry", Destination::kRegistry, "the registries of its names: --push", "", push},
      {"oci", Destination::kFile, "an OCI archive; with tar=false a directory", "", write_archive},
      {"oci", Destination::kDirectory, "", "", write_layout},
      {"docker", Destination::kFile, "an archive for `docker load`",
       "`… | docker load` takes it from there; `ix --engine docker build …` builds where Docker keeps its "
       "images.",
       write_archive},
      {"tar", Destination::kFile, "the files, as an archive", "", write_tar},
      {"local", Destination::kDirectory, "the files, in a directory", "", write_directory},
  };
  return table;
}

const OutputType* find_output_type(std::string_view name, bool tar) {
  const OutputType* found = nullptr;
  for (const OutputType& each : output_types()) {
    const bool fits = found == nullptr || (!tar && each.destination == OutputType::Destination::kDirectory);
    if (each.name == name && fits) found = &each;
  }
  return found;
}

}  // namespace ixian::exporter
