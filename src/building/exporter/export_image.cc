// Each output is an activity of its own, in the order given. The two files with digests come last: a script
// that finds them finds all outputs done.
#include "exporter/export_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "exporter/rootfs.h"
#include "files/byte_sink.h"
#include "files/output_path.h"
#include "layout/docker_archive.h"
#include "layout/layout_repo.h"
#include "layout/temporary_file.h"
#include "oci/image_repo.h"

namespace ixian::exporter {
namespace {

class ImageExport {
 public:
  ImageExport(const ExportOptions& options, const engine::BuiltStage& image,
              const std::shared_ptr<store::Store>& store, engine::Engine& engine,
              const OpenTarget& open_target, base::EventSink& sink, base::Cancellation& cancellation)
      : options_(options),
        image_(image),
        store_(store),
        engine_(engine),
        open_target_(open_target),
        sink_(sink),
        cancellation_(cancellation) {}

  void run() {
    for (const Output& output : options_.outputs) {
      if (output.kind == Output::Kind::kImage) {
        name_in_store(output);
        continue;
      }
      const bool pushes = output.kind == Output::Kind::kRegistry;
      const auto activity =
          sink_.begin({pushes ? "push" : "output", pushes ? names_of(output) : output.destination});
      try {
        write(output);
      } catch (const base::Cancelled&) {
        sink_.end(activity, base::ActivityStatus::kCancelled, "");
        throw;
      } catch (...) {
        sink_.end(activity, base::ActivityStatus::kFailed, "");
        throw;
      }
      sink_.end(activity, base::ActivityStatus::kDone, "");
    }
    if (!options_.id_file.empty())
      files::OutputPath(options_.id_file).write(image_.config.digest.text(), cancellation_);
    if (!options_.metadata_file.empty())
      files::OutputPath(options_.metadata_file).write(metadata().dump(2) + "\n", cancellation_);
  }

 private:
  std::string digest() const { return image_.manifest.descriptor.digest.text(); }

  std::vector<oci::Reference> all_names(const Output& output) const {
    std::vector<oci::Reference> names = options_.names;
    names.insert(names.end(), output.names.begin(), output.names.end());
    return names;
  }

  std::string names_of(const Output& output) const {
    std::vector<std::string> texts;
    for (const oci::Reference& name : all_names(output)) texts.push_back(name.text());
    return base::join(texts, ", ");
  }

  void name_in_store(const Output& output) {
    for (const oci::Reference& name : all_names(output))
      store_->images(name.name())->put_manifest(name.identifier(), image_.manifest);
  }

  void write(const Output& output) {
    switch (output.kind) {
      case Output::Kind::kLayout: {
        const auto names = all_names(output);
        if (names.empty()) return write_layout(output, "latest", "");
        // The first one last, so that it comes first where several have one tag.
        for (auto name = names.rbegin(); name != names.rend(); ++name)
          write_layout(output, name->identifier(), name->text());
        return;
      }
      case Output::Kind::kArchive: {
        std::vector<std::string> names;
        for (const oci::Reference& name : all_names(output)) names.push_back(name.text());
        const auto archive = layout::create_docker_archive(output.destination, names, cancellation_);
        engine_.export_image(digest(), *archive, "", cancellation_);
        archive->finish();
        return;
      }
      case Output::Kind::kRootTar:
        return write_tar(output.destination);
      case Output::Kind::kRootFolder:
        return write_root_folder(store_, image_, output.destination, sink_, cancellation_);
      case Output::Kind::kRegistry:
        for (const oci::Reference& name : all_names(output))
          engine_.export_image(digest(), *open_target_(name), name.identifier(), cancellation_);
        return;
      case Output::Kind::kImage:
        return;
    }
  }

  void write_layout(const Output& output, const std::string& tag, const std::string& name) {
    const auto layout =
        layout::open_layout(output.destination, layout::LayoutUse::kWrite, cancellation_, "", name);
    engine_.export_image(digest(), *layout, tag, cancellation_);
  }

  void write_tar(const std::string& destination) {
    const files::OutputPath place(destination);
    // A pipe or device is written to as it is; a file is replaced as a whole, once it is complete.
    if (!place.is_replaced()) {
      const files::UniqueFd fd = place.open(cancellation_);
      files::FileSink out(fd.get(), place.shown());
      return write_root_tar(store_, image_, out, sink_, cancellation_);
    }
    layout::TemporaryFile file(place.folder(), ".ix-output-");
    files::FileSink out(file.fd(), place.shown());
    write_root_tar(store_, image_, out, sink_, cancellation_);
    file.give_to(place, cancellation_);
  }

  base::Json metadata() const {
    base::Json json = {{"containerimage.config.digest", image_.config.digest.text()},
                       {"containerimage.digest", digest()},
                       {"containerimage.descriptor", oci::to_json(image_.manifest.descriptor)}};
    std::vector<std::string> names;
    const auto add = [&](const oci::Reference& name) {
      if (std::find(names.begin(), names.end(), name.text()) == names.end()) names.push_back(name.text());
    };
    for (const oci::Reference& name : options_.names) add(name);
    for (const Output& output : options_.outputs)
      for (const oci::Reference& name : output.names) add(name);
    if (!names.empty()) json["image.name"] = base::join(names, ",");
    return json;
  }

  const ExportOptions& options_;
  const engine::BuiltStage& image_;
  const std::shared_ptr<store::Store>& store_;
  engine::Engine& engine_;
  const OpenTarget& open_target_;
  base::EventSink& sink_;
  base::Cancellation& cancellation_;
};

}  // namespace

void export_image(const ExportOptions& options, const engine::BuiltStage& image,
                  const std::shared_ptr<store::Store>& store, engine::Engine& engine,
                  const OpenTarget& open_target, base::EventSink& sink, base::Cancellation& cancellation) {
  ImageExport(options, image, store, engine, open_target, sink, cancellation).run();
}

}  // namespace ixian::exporter
