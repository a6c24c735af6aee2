// The values of `ix build --output` and `--annotation`.
//
// The front door of this room, on one side: words of the command line come in and exporter::Outputs go out.
// On the other a BuildReport (build_report.h) comes in and is told (build_outcome.h).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "exporter/output.h"

namespace ixian::build_results {

// A name with a tag, "latest" where none is given. `flag` is for messages. Throws base::Error{kUsage}.
oci::Reference parse_image_name(const std::string& flag, const std::string& text);

// What --output type= may be.
std::vector<cli::Choice> output_choices();

// The other keys of --output.
std::vector<cli::FieldSpec> output_fields();

// Of --output: mostly one, two where an image is pushed and kept. Looks whether the destination can be
// written. Throws base::Error{kUsage}.
std::vector<exporter::Output> parse_output(const std::string& text);

// "KEY=VALUE" of --annotation, or "TYPE[OS/ARCH],TYPE:KEY=VALUE".
struct Annotation {
  std::string key;
  std::string value;
  bool on_manifest = false;
  bool on_descriptor = false;
  std::string platform = {};  // as written; "" is any
};

// Throws base::Error{kUsage}, for the types of indexes as well: an image is for one platform.
Annotation parse_annotation(const std::string& text);

}  // namespace ixian::build_results
