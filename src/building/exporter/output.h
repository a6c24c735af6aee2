// Where a built image goes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "exporter/image_form.h"
#include "exporter/output_table.h"
#include "oci/reference.h"

namespace ixian::exporter {

struct Output {
  const OutputType* type = &output_types().front();
  std::string destination = {};            // a path; of a file as files::OutputPath takes it
  std::vector<oci::Reference> names = {};  // of the image in it, besides those of -t
  ImageForm form = {};
  bool by_digest = false;    // pushed without a tag
  bool needs_epoch = false;  // of rewrite-timestamp: refused where no time is given
  bool is_by_push = false;   // it has come of --push or push=true
};

struct ExportOptions {
  std::vector<oci::Reference> names;
  std::vector<Output> outputs;                                // at least one
  std::map<std::string, std::string> descriptor_annotations;  // of the image in an index.json
  std::string id_file;                        // gets the digest of the configuration; "" is none
  std::string metadata_file;                  // gets digests and names, as JSON; "" is none
  std::function<base::Json()> more_metadata;  // an object whose members that file gets besides; may be null

  // Those that the image has in `output`: those of -t first.
  std::vector<oci::Reference> names_in(const Output& output) const;
};

// All of them as text, with commas between.
std::string names_text(const std::vector<oci::Reference>& names);

}  // namespace ixian::exporter
