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

std::string told(const store::PruneResult& result, const cache::CachePruneResult& caches, bool dry_run) {
  const auto line = [](const std::string& what, std::uint64_t size) {
    return fmt::format("  {:<34}{:>8}\n", what, bytes(size));
  };
  std::string out;
  if (result.blobs.count > 0) out += line(base::counted(result.blobs.count, "blob"), result.blobs.bytes);
  if (result.trees.count > 0) {
    out += line(base::counted(result.trees.count, "unpacked layer"), result.trees.bytes);
  }
  if (caches.count > 0) out += line(base::counted(caches.count, "cache mount"), caches.bytes);
  if (result.remains.bytes > 0) out += line("incomplete downloads and uploads", result.remains.bytes);
  if (result.cache_entries > 0) {
    out += fmt::format("  {}\n", base::counted(result.cache_entries, "cached step"));
  }
  if (result.names > 0) out += fmt::format("  {}\n", base::counted(result.names, "tag"));
  const std::string verb = dry_run ? "would remove" : "removed";
  out = out.empty() ? fmt::format("{} nothing\n", verb)
                    : fmt::format("{} {}:\n{}", verb, bytes(result.freed() + caches.bytes), out);
  out += fmt::format("{} in use", bytes(result.left + caches.left));
  if (result.leased + caches.in_use > 0) {
    out += fmt::format(", {} of it in use by running or recent builds", bytes(result.leased + caches.in_use));
  }
  return out + "\n";
}

// Of the other half of the command.
void require_no_registry_words(const cli::ParsedCommand& line) {
  if (!line.arguments.empty()) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format(
            "unexpected argument \"{}\" for `ix image prune`\nhint: add --registry to prune repositories",
            base::printable_path(line.arguments.front())));
  }
  for (const std::string_view name : {"--builds", "--grace", "--forget", "--remove"}) {
    if (line.value(name))
      throw base::Error(base::ErrorCode::kUsage, fmt::format("{} needs --registry", name));
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
    throw base::Error(base::ErrorCode::kUsage,
                      "--all needs --older-than or --keep\nhint: `--keep 0` removes all tagged images");
  }
  const std::string folder = store::default_folder();
  if (!store::Folder(folder).exists()) {
    context.sink.log(base::kNoActivity, base::LogLevel::kInfo,
                     fmt::format("no local store in {}", base::printable_path(folder)));
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
        fmt::format("more than {} in use: {}", bytes(*options.max_bytes),
                    options.keep_names
                        ? "tagged images are retained\nhint: remove them with `ix image rm`, or add --all"
                        : "running or recent builds use it\nhint: try again later"));
  }
  return 0;
}

}  // namespace ixian::image_commands
