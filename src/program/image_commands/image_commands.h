// The parts of `ix image`, one file each.
#pragma once

#include <vector>

#include "app/registry_clients.h"
#include "base/cancel.h"
#include "base/event.h"
#include "cli/parser.h"

namespace ixian::image_commands {

struct ImageContext {
  const cli::ParsedCommand& line;
  base::EventSink& sink;
  base::Cancellation& cancellation;
  app::RegistryClients& access;
  bool dry_run;  // before `image` or behind its part: tell what would be done
};

// The parts' tables.
std::vector<cli::CommandSpec> image_specs();

// Each returns the exit code, and throws base::Error.
int image_copy(const ImageContext& context);
int image_export(const ImageContext& context);
int image_list(const ImageContext& context);
int image_tags(const ImageContext& context);
int image_inspect(const ImageContext& context);
int image_prune(const ImageContext& context);
int registry_prune(const ImageContext& context);
int image_remove(const ImageContext& context);

}  // namespace ixian::image_commands
