// `ix image prune --registry`: makes room in the repositories of a registry.
//
// First all plans are made, then all are carried out: a repository that cannot be read, or a branch that
// nobody knows, ends the command before anything is removed.
#include "run/registry_prune.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <utility>

#include "app/image_location.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/amounts.h"
#include "cli/print.h"
#include "image_commands/image_commands.h"

namespace ixian::image_commands {
namespace {

constexpr std::size_t kShownTags = 20;
constexpr std::chrono::hours kLongestGrace{24 * 3650};

std::size_t parse_count(const std::string& text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count == 0) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format("invalid value \"{}\" for --builds (expected: a number, at least 1)", text));
  }
  return count;
}

run::PruneRules rules_of(const cli::ParsedCommand& line) {
  run::PruneRules rules;
  if (const auto count = line.value("--builds")) rules.builds = parse_count(*count);
  if (const auto age = line.value("--grace"))
    rules.grace = std::min<std::chrono::seconds>(cli::parse_age("--grace", *age), kLongestGrace);
  if (auto branch = line.value("--forget")) rules.forgotten.push_back(*std::move(branch));
  return rules;
}

// Each once, however it is written.
std::vector<app::ImageLocation> repositories(const ImageContext& context, std::vector<std::string> names) {
  if (names.empty() && context.access.has_project()) names = context.access.project_repositories();
  if (names.empty()) {
    throw base::Error(base::ErrorCode::kUsage,
                      "`ix image prune --registry` needs a repository outside of a project");
  }
  std::vector<app::ImageLocation> places;
  std::set<std::string> known;
  for (const std::string& name : names) {
    app::ImageLocation place = app::parse_image_location(name);
    if (known.insert(place.has_reference() ? place.reference.name() : place.text()).second)
      places.push_back(std::move(place));
  }
  return places;
}

std::string builds_told(const run::RegistryPrune& plan) {
  std::vector<std::string> parts;
  if (!plan.branches.empty()) parts.push_back("builds of " + base::join(plan.branches, ", "));
  if (plan.begun > 0) parts.push_back(base::counted(plan.begun, "build") + " running or just failed");
  return parts.empty() ? "" : " (" + base::join(parts, ", ") + ")";
}

std::string told(const std::string& repository, const run::RegistryPrune& plan, bool remove) {
  if (!plan.known) {
    return fmt::format("{}: no build records, so what is in use is unknown; nothing removed\n", repository);
  }
  std::string out =
      fmt::format("{}: {} {}{}, {} {}{}{}\n", repository, remove ? "removing" : "would remove",
                  plan.references_checked ? "" : "up to ", base::counted(plan.remove.size(), "tag"),
                  remove ? "keeping" : "keep", plan.kept, builds_told(plan),
                  plan.foreign == 0 ? "" : fmt::format(" and {} not pushed by ix", plan.foreign));
  if (!plan.references_checked)
    out += "    what other images depend on is kept, which is checked before anything is removed\n";
  for (std::size_t i = 0; i < plan.remove.size(); ++i) {
    if (i == kShownTags) {
      out += fmt::format("    … and {} more\n", plan.remove.size() - i);
      break;
    }
    out += fmt::format("    {}\n", plan.remove[i].tag);
  }
  return out;
}

void require_known(const run::PruneRules& rules, const std::set<std::string>& branches) {
  for (const std::string& branch : rules.forgotten) {
    if (branches.contains(branch)) continue;
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format("no builds of branch \"{}\" for --forget\nhint: branches with builds: {}",
                    base::printable_path(branch),
                    branches.empty()
                        ? "none"
                        : base::join(std::vector<std::string>(branches.begin(), branches.end()), ", ")));
  }
}

}  // namespace

int registry_prune(const ImageContext& context) {
  const run::PruneRules rules = rules_of(context.line);
  const bool remove = context.line.has("--remove") && !context.dry_run;
  std::set<std::string> branches;
  std::vector<std::pair<std::shared_ptr<oci::ImageRepo>, run::RegistryPrune>> plans;
  for (const app::ImageLocation& place : repositories(context, context.line.arguments)) {
    std::shared_ptr<oci::ImageRepo> repo =
        remove ? app::open_target(place, context.access, context.cancellation)
               : app::open_source(place, context.access, context.cancellation, true);
    run::RegistryPrune plan = run::plan_registry_prune(*repo, rules, context.cancellation);
    if (remove) run::check_references(plan, *repo, context.cancellation);
    branches.insert(plan.all_branches.begin(), plan.all_branches.end());
    plans.emplace_back(std::move(repo), std::move(plan));
  }
  require_known(rules, branches);
  bool any = false;
  for (auto& [repo, plan] : plans) {
    cli::print(told(repo->name(), plan, remove));
    any = any || !plan.remove.empty();
    if (remove) run::carry_out(std::move(plan), *repo, rules, context.cancellation);
  }
  if (any && !remove)
    cli::print("dry run: add --remove to do it; blobs are freed when the registry collects its garbage\n");
  return 0;
}

}  // namespace ixian::image_commands
