// Where a built image goes.
#pragma once

#include <string>
#include <vector>

#include "oci/reference.h"

namespace ixian::exporter {

struct Output {
  enum class Kind {
    kImage,       // into the store, under its names
    kRegistry,    // to the registries of its names
    kLayout,      // a folder in the OCI image layout
    kArchive,     // one file that is an OCI archive and a docker archive
    kRootTar,     // the files of the image as a tar archive
    kRootFolder,  // the same as files
  };
  Kind kind = Kind::kImage;
  std::string destination;            // a path; of a file as files::OutputPath takes it
  std::vector<oci::Reference> names;  // of the image in it, besides those of -t
};

struct ExportOptions {
  std::vector<oci::Reference> names;
  std::vector<Output> outputs;  // at least one
  std::string id_file;          // gets the digest of the configuration; "" is none
  std::string metadata_file;    // gets digests and names, as JSON; "" is none
};

}  // namespace ixian::exporter
