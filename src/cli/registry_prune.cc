// `ix image prune --registry`: makes room in the repositories of a registry.
#include "run/registry_prune.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/image_commands.h"
#include "cli/image_place.h"
#include "cli/print.h"
#include "script/registry_settings.h"

namespace ixian::cli {
namespace {

constexpr const char* kUsage = "ix image prune --registry [REPOSITORY…] [--builds N] [--remove]";
constexpr std::size_t kDefaultBuilds = 10;
constexpr std::size_t kShownTags = 20;

std::size_t parse_count(const std::string& text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count == 0) {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("--builds {}: say how many builds of each branch stay, at least 1.", text));
  }
  return count;
}

std::string told(const std::string& repository, const run::RegistryPrune& plan, bool remove) {
  if (plan.branches.empty()) {
    return fmt::format(
        "{}: no build is written down there, so that nothing is known about what is used; nothing is "
        "removed.\n",
        repository);
  }
  std::string out = fmt::format(
      "{}: {} {} tags, {} stay for builds of {}{}.\n", repository, remove ? "removing" : "would remove",
      plan.remove.size(), plan.kept, base::join(plan.branches, ", "),
      plan.foreign == 0 ? "" : fmt::format(", and {} that ix did not make", plan.foreign));
  for (std::size_t i = 0; i < plan.remove.size(); ++i) {
    if (i == kShownTags) {
      out += fmt::format("    … and {} more\n", plan.remove.size() - i);
      break;
    }
    out += fmt::format("    {}\n", plan.remove[i].tag);
  }
  return out;
}

}  // namespace

int registry_prune(const ImageContext& context, std::vector<std::string> args) {
  std::size_t builds = kDefaultBuilds;
  if (const auto count = take_option(args, "--builds")) builds = parse_count(*count);
  const bool remove = take_flag(args, "--remove") && !context.dry_run;
  if (args.empty() && context.access.has_project()) args = script::configured_repositories();
  require_arguments(args, 1, 1000, kUsage);
  bool any = false;
  for (const std::string& name : args) {
    const ImagePlace place = parse_image_place(name);
    const auto repo = remove ? open_target(place, context.access, context.cancellation)
                             : open_source(place, context.access, context.cancellation);
    const run::RegistryPrune plan = run::plan_registry_prune(*repo, builds, context.cancellation);
    print(told(repo->name(), plan, remove));
    any = any || !plan.remove.empty();
    if (remove) run::carry_out(plan, *repo, context.cancellation);
  }
  if (any && !remove)
    print("Add --remove to do it. Blobs are freed when the registry collects its garbage.\n");
  return 0;
}

}  // namespace ixian::cli
