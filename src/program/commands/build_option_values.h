// The values of `ix build`'s options that have parts.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "commands/build_options.h"
#include "engine/stage_job.h"

namespace ixian::commands {

// All throw base::Error{kUsage}.

// "a=b,c=d" with double quotes around fields that hold commas, as CSV has it. `flag` is for messages.
using Fields = std::vector<std::pair<std::string, std::string>>;
Fields parse_fields(const std::string& flag, const std::string& text);

// Of --secret.
engine::SecretSource parse_secret(const std::string& text);

// Of --ssh: "default", "ID=SOCKET", "ID=KEY,KEY". Looks which of both it is.
engine::SshSource parse_ssh(const std::string& text);

// Of --call, and of --print, as it was called before.
BuildCall parse_build_call(const std::string& flag, const std::string& text);

// A name with a tag, "latest" where none is given.
oci::Reference parse_image_name(const std::string& flag, const std::string& text);

// What --output type= may be.
std::vector<cli::Choice> output_choices();

// Of --output. Looks whether its destination can be written.
exporter::Output parse_output(const std::string& text);

}  // namespace ixian::commands
