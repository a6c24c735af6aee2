// The command line of `ix build`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/fetch_limits.h"
#include "engine/stage_job.h"
#include "oci/reference.h"

namespace ixian::cli {

// Where a built image goes.
struct BuildOutput {
  enum class Kind {
    kImage,       // into the store, under its names
    kRegistry,    // to the registries of its names
    kLayout,      // a folder in the OCI image layout
    kArchive,     // one file that is an OCI archive and a docker archive
    kRootTar,     // the files of the image as a tar archive
    kRootFolder,  // the same as files
  };
  Kind kind = Kind::kImage;
  std::string destination;            // a path; of a file as base::OutputPath takes it
  std::vector<oci::Reference> names;  // of the image in it, besides those of -t
};

struct BuildOptions {
  engine::StageJob job;
  std::vector<oci::Reference> names;  // -t
  std::vector<BuildOutput> outputs;   // at least one
  std::string id_file;
  std::string metadata_file;
  bool dry_run = false;
  bool fills_standard_output = false;  // one of the files above goes there, and nothing else should
  engine::FetchLimits fetch_limits;    // of ADD
};

// Reads the Dockerfile, too. Throws base::Error{kUsage}.
BuildOptions parse_build_options(const std::vector<std::string>& args);

std::string build_usage();

}  // namespace ixian::cli
