// The kinds of output that `ix build --output` knows, one row each.
#pragma once

#include <string_view>
#include <vector>

namespace ixian::exporter {

struct Output;
struct ExportJob;
struct OutgoingImage;

struct OutputType {
  enum class Destination {
    kStore,      // none: the engine has named the image where it keeps its images
    kRegistry,   // none: the registries of its names
    kDaemon,     // none: the Docker daemon
    kFile,       // dest= names a file; - is standard output
    kDirectory,  // dest= names a directory
    kNowhere,    // none: nothing but the cache is left of the build
  };

  std::string_view name;  // of type=
  Destination destination;
  std::string_view summary;  // for the help; "" for a row that is another form of the one above
  // Null where nothing is left to do. One that reads the files of the image, and not only its manifest and
  // blobs, asks the job for the store.
  void (*write)(const ExportJob& job, const Output& output, const OutgoingImage& image);

  bool needs_destination() const {
    return destination == Destination::kFile || destination == Destination::kDirectory;
  }
  // An image, and not its files alone.
  bool is_image() const;
};

// In the order of the help. The first is the default.
const std::vector<OutputType>& output_types();

// How a type is written where it has two ways.
struct OutputVariant {
  bool tar = true;       // false: as a directory, if the type has that
  bool has_dest = true;  // false: without a file, if the type has that
};

// Null where there is none of that name.
const OutputType* find_output_type(std::string_view name, const OutputVariant& variant = {});

}  // namespace ixian::exporter
