// The kinds of output that `ix build --output` knows, one row each.
#pragma once

#include <string_view>
#include <vector>

namespace ixian::exporter {

struct Output;
struct ExportJob;

struct OutputType {
  enum class Destination {
    kStore,      // none: the engine has named the image where it keeps its images
    kRegistry,   // none: the registries of its names
    kFile,       // dest= names a file; - is standard output
    kDirectory,  // dest= names a directory
  };

  std::string_view name;  // of type=
  Destination destination;
  std::string_view summary;  // for the help; "" for the row of `type=NAME,tar=false`
  std::string_view advice;   // where its dest= is missing
  // Null where nothing is left to do. One that reads the files of the image, and not only its manifest and
  // blobs, asks the job for the store.
  void (*write)(const ExportJob& job, const Output& output);

  bool needs_destination() const {
    return destination == Destination::kFile || destination == Destination::kDirectory;
  }
};

// In the order of the help. The first is the default.
const std::vector<OutputType>& output_types();

// The first of that name, or, without `tar`, the one that is a directory if there is one. Null where there is
// none.
const OutputType* find_output_type(std::string_view name, bool tar = true);

}  // namespace ixian::exporter
