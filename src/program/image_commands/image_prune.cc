// `ix image prune`: makes room in the local store.
#include <fmt/format.h>

#include <algorithm>

#include "app/reexec.h"
#include "base/error.h"
#include "base/text.h"
#include "cache/cache_mount.h"
#include "cli/amounts.h"
#include "cli/print.h"
#include "image_commands/image_commands.h"
#include "store/folder.h"
#include "store/store.h"
#include "ui/quantity.h"

namespace ixian::image_commands {
namespace {

std::string bytes(std::uint64_t count) {
  return ui::format_bytes(static_cast<double>(count));
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string told(const store::PruneResult& result, const cache::CachePruneResult& caches, bool dry_run) {
  const auto line = [](const std::string& what, std::uint64_t size) {
    return fmt::format("  {:<24}{:>8}\n", what, bytes(size));
  };
  std::string out;
  if (result.blobs.count > 0) out += line(counted(result.blobs.count, "blob", "blobs"), result.blobs.bytes);
  if (result.trees.count > 0) {
    out += line(counted(result.trees.count, "extracted layer", "extracted layers"), result.trees.bytes);
  }
  if (caches.count > 0) out += line(counted(caches.count, "cache of RUNs", "caches of RUNs"), caches.bytes);
  if (result.remains.bytes > 0) out += line("unfinished work", result.remains.bytes);
  if (result.cache_entries > 0) {
    out += fmt::format("  {}\n", counted(result.cache_entries, "cached step", "cached steps"));
  }
  if (result.names > 0) out += fmt::format("  {}\n", counted(result.names, "name", "names"));
  const std::string verb = dry_run ? "Would remove" : "Removed";
  out = out.empty() ? fmt::format("{} nothing.\n", verb)
                    : fmt::format("{} {}:\n{}", verb, bytes(result.freed() + caches.bytes), out);
  out += fmt::format("{} left", bytes(result.left + caches.left));
  if (result.leased + caches.in_use > 0) {
    out +=
        fmt::format(", {} of it kept by builds that run or just ran", bytes(result.leased + caches.in_use));
  }
  return out + ".\n";
}

// Of the other half of the command.
void require_no_registry_words(const cli::ParsedCommand& line) {
  if (!line.arguments.empty()) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format("{} is one word too many behind `ix image prune`, which is about the local store; with "
                    "--registry it is about repositories.",
                    base::shell_quote(line.arguments.front())));
  }
  for (const std::string_view name : {"--builds", "--grace", "--forget", "--remove"}) {
    if (line.value(name))
      throw base::Error(base::ErrorCode::kUsage, fmt::format("{} means nothing without --registry.", name));
  }
}

}  // namespace

int image_prune(const ImageContext& context) {
  if (context.line.has("--registry")) return registry_prune(context);
  require_no_registry_words(context.line);
  // Extracted layers hold files of other users, which only the namespace that made them may remove.
  app::require_own_namespaces();
  store::PruneOptions options;
  if (const auto size = context.line.value("--keep")) options.max_bytes = cli::parse_size("--keep", *size);
  if (const auto age = context.line.value("--older-than"))
    options.older_than = cli::parse_age("--older-than", *age);
  options.keep_names = !context.line.has("--all");
  options.dry_run = context.dry_run;
  if (!options.keep_names && !options.max_bytes && !options.older_than) {
    throw base::Error(
        base::ErrorCode::kUsage,
        "--all says that images with a name may go too; say which: --older-than 7d, or --keep 0 "
        "for all of them.");
  }
  const std::string folder = store::default_folder();
  if (!store::Folder(folder).exists()) {
    context.sink.log(base::kNoActivity, base::LogLevel::kInfo,
                     fmt::format("There is no store in {}.", base::printable_path(folder)));
    return 0;
  }
  const auto store = store::Store::open(folder, context.cancellation, {.only_reads = options.dry_run});
  const store::PruneResult result = store->prune(options);
  // What RUNs keep between builds gets the room that images leave.
  cache::CachePruneOptions of_caches{options.older_than, {}, options.dry_run};
  if (options.max_bytes) of_caches.max_bytes = *options.max_bytes - std::min(*options.max_bytes, result.left);
  const cache::CachePruneResult caches = cache::prune_cache_mounts(*store, of_caches);
  cli::print(told(result, caches, options.dry_run));
  if (options.max_bytes && result.left + caches.left > *options.max_bytes) {
    context.sink.log(
        base::kNoActivity, base::LogLevel::kInfo,
        fmt::format("More than {} is left: {}", bytes(*options.max_bytes),
                    options.keep_names
                        ? "images with a name stay. Remove those with `ix image rm`, or add --all."
                        : "what builds that run or just ran have touched stays. Try again later."));
  }
  return 0;
}

}  // namespace ixian::image_commands
