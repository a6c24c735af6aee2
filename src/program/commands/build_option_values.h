// The values of `ix build`'s options that have parts.
#pragma once

#include <string>

#include "build_results/output_value.h"
#include "cli/fields.h"
#include "commands/build_options.h"
#include "engine/stage_job.h"

namespace ixian::commands {

// All throw base::Error{kUsage}.

using cli::parse_fields;

// Of --secret.
engine::SecretSource parse_secret(const std::string& text);

// Of --ssh: "default", "ID=SOCKET", "ID=KEY,KEY". Looks which of both it is.
engine::SshSource parse_ssh(const std::string& text);

// Of --call, and of --print, as it was called before.
BuildCall parse_build_call(const std::string& flag, const std::string& text);

using build_results::parse_image_name;

}  // namespace ixian::commands
