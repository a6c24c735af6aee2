// The parts of `ix image`, one file each.
#pragma once

#include <string>
#include <vector>

#include "app/registry_clients.h"
#include "base/cancel.h"
#include "base/event.h"

namespace ixian::image_commands {

struct ImageContext {
  base::EventSink& sink;
  base::Cancellation& cancellation;
  app::RegistryClients& access;
  bool dry_run;  // before `image` or behind its part: tell what would be done
};

// Each returns the exit code, and throws base::Error.
int image_copy(const ImageContext& context, std::vector<std::string> args);
int image_export(const ImageContext& context, std::vector<std::string> args);
int image_list(const ImageContext& context, std::vector<std::string> args);
int image_tags(const ImageContext& context, std::vector<std::string> args);
int image_inspect(const ImageContext& context, std::vector<std::string> args);
int image_prune(const ImageContext& context, std::vector<std::string> args);
int registry_prune(const ImageContext& context, std::vector<std::string> args);
int image_remove(const ImageContext& context, std::vector<std::string> args);

}  // namespace ixian::image_commands
