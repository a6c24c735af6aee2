#include "exporter/output_table.h"

#include <map>
#include <string>

#include "exporter/export_image.h"
#include "exporter/rootfs.h"
#include "files/byte_sink.h"
#include "files/output_path.h"
#include "layout/docker_archive.h"
#include "layout/layout_repo.h"
#include "layout/temporary_file.h"
#include "oci/copy_image.h"
#include "oci/forwarding_repo.h"

namespace ixian::exporter {
namespace {

// Gives the image that is put last the annotations of a descriptor, where the place keeps such.
class DescribingRepo : public oci::ForwardingRepo {
 public:
  DescribingRepo(oci::ImageRepo& repo, const std::map<std::string, std::string>& annotations)
      : repo_(repo), annotations_(annotations) {}
  std::string name() const override { return repo_.name(); }
  void put_manifest(const std::string& ref, const oci::RawManifest& manifest) override {
    oci::RawManifest described = manifest;
    described.descriptor.annotations = annotations_;
    repo_.put_manifest(ref, described);
  }

 protected:
  oci::ImageRepo& repo() override { return repo_; }

 private:
  oci::ImageRepo& repo_;
  const std::map<std::string, std::string>& annotations_;
};

// From where it is.
void copy(const ExportJob& job, const OutgoingImage& image, oci::ImageRepo& to, const std::string& ref) {
  if (!image.store) {
    job.engine.export_image(image.digest(), to, ref, job.cancellation);
    return;
  }
  oci::CopyOptions closely;
  closely.look_closer = true;
  oci::copy_image(*image.store->images(""), image.digest(), to, ref, closely, job.cancellation);
}

// The engine names what it has built; what was made of it afterwards gets its names here.
void name_in_store(const ExportJob& job, const Output& output, const OutgoingImage& image) {
  if (!image.store) return;
  for (const oci::Reference& name : job.options.names_in(output))
    image.store->images(name.name())->put_manifest(name.identifier(), image.manifest);
}

void push(const ExportJob& job, const Output& output, const OutgoingImage& image) {
  for (const oci::Reference& name : job.options.names_in(output))
    copy(job, image, *job.open_target(name), output.by_digest ? "" : name.identifier());
}

void load(const ExportJob& job, const Output& output, const OutgoingImage& image) {
  if (!job.load) return;  // the daemon has built it, and named it
  std::vector<std::string> names;
  for (const oci::Reference& name : job.options.names_in(output)) names.push_back(name.text());
  const auto store = job.open_store();
  if (image.store) return job.load(*store->images(""), image.digest(), names);
  const auto repo = store->images("");
  copy(job, image, *repo, "");
  job.load(*repo, image.digest(), names);
}

void write_layout(const ExportJob& job, const Output& output, const OutgoingImage& image) {
  const auto write = [&](const std::string& tag, const std::string& name) {
    const auto layout =
        layout::open_layout(output.destination, layout::LayoutUse::kWrite, job.cancellation, "", name);
    DescribingRepo described(*layout, job.options.descriptor_annotations);
    copy(job, image, described, tag);
  };
  const auto names = job.options.names_in(output);
  if (names.empty()) return write("latest", "");
  // The first one last, so that it comes first where several have one tag.
  for (auto name = names.rbegin(); name != names.rend(); ++name) write(name->identifier(), name->text());
}

void write_archive(const ExportJob& job, const Output& output, const OutgoingImage& image) {
  std::vector<std::string> names;
  for (const oci::Reference& name : job.options.names_in(output)) names.push_back(name.text());
  const auto archive = layout::create_docker_archive(output.destination, names, job.cancellation);
  DescribingRepo described(*archive, job.options.descriptor_annotations);
  copy(job, image, described, "");
  archive->finish();
}

// Calls `write` with the store and the image in it, which has it already or gets it from the engine now.
template <typename Write>
void write_files(const ExportJob& job, const Write& write) {
  const auto store = job.open_store();
  const auto lease = store->lease();
  write(store, in_store(job, store));
}

void write_tar(const ExportJob& job, const Output& output, const OutgoingImage&) {
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

void write_directory(const ExportJob& job, const Output& output, const OutgoingImage&) {
  write_files(job, [&](const std::shared_ptr<store::Store>& store, const oci::RawManifest& image) {
    write_root_folder(store, image, output.destination, job.sink, job.cancellation);
  });
}

}  // namespace

bool OutputType::is_image() const {
  return write != write_tar && write != write_directory;
}

const std::vector<OutputType>& output_types() {
  using Destination = OutputType::Destination;
  static const std::vector<OutputType> table = {
      {"image", Destination::kStore, "the store (default)", name_in_store},
      {"registry", Destination::kRegistry, "the registries of its names: --push", push},
      {"oci", Destination::kFile, "an OCI archive; with tar=false a directory", write_archive},
      {"oci", Destination::kDirectory, "", write_layout},
      {"docker", Destination::kFile, "an archive for `docker load`; without dest the Docker daemon: --load",
       write_archive},
      {"docker", Destination::kDaemon, "", load},
      {"tar", Destination::kFile, "the files, as an archive", write_tar},
      {"local", Destination::kDirectory, "the files, in a directory", write_directory},
      {"cacheonly", Destination::kNowhere, "nothing: what is built is in the cache alone", nullptr},
  };
  return table;
}

const OutputType* find_output_type(std::string_view name, const OutputVariant& variant) {
  using Destination = OutputType::Destination;
  const OutputType* found = nullptr;
  for (const OutputType& each : output_types()) {
    const bool is_wanted = (!variant.tar && each.destination == Destination::kDirectory) ||
                           (!variant.has_dest && each.destination == Destination::kDaemon);
    if (each.name == name && (found == nullptr || is_wanted)) found = &each;
  }
  return found;
}

}  // namespace ixian::exporter
