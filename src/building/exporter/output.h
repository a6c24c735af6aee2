// Where a built image goes.
#pragma once

#include <string>
#include <vector>

#include "exporter/output_table.h"
#include "oci/reference.h"

namespace ixian::exporter {

struct Output {
  const OutputType* type = &output_types().front();
  std::string destination;            // a path; of a file as files::OutputPath takes it
  std::vector<oci::Reference> names;  // of the image in it, besides those of -t
};

struct ExportOptions {
  std::vector<oci::Reference> names;
  std::vector<Output> outputs;  // at least one
  std::string id_file;          // gets the digest of the configuration; "" is none
  std::string metadata_file;    // gets digests and names, as JSON; "" is none

  // Those that the image has in `output`: those of -t first.
  std::vector<oci::Reference> names_in(const Output& output) const;
};

// All of them as text, with commas between.
std::string names_text(const std::vector<oci::Reference>& names);

}  // namespace ixian::exporter
