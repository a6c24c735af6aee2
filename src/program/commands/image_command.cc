// `ix image …`: images without a project.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/print.h"
#include "commands/table.h"
#include "image_commands/image_commands.h"

namespace ixian::commands {
namespace {

struct Part {
  std::string_view name;
  int (*run)(const image_commands::ImageContext& context, std::vector<std::string> args);
};

constexpr Part kParts[] = {
    {"copy", image_commands::image_copy},       {"ls", image_commands::image_list},
    {"inspect", image_commands::image_inspect}, {"tags", image_commands::image_tags},
    {"rm", image_commands::image_remove},       {"export", image_commands::image_export},
    {"prune", image_commands::image_prune},
};

int run_image(const CommandContext& context) {
  std::vector<std::string> args = context.options.run.args;
  const std::string name = args.empty() ? "" : args.front();
  if (std::find(args.begin(), args.end(), "--help") != args.end()) {
    cli::print(command_page(image_command(), cli::output_style()));
    return 0;
  }
  std::vector<std::string> names;
  for (const Part& part : kParts) {
    names.emplace_back(part.name);
    if (part.name != name) continue;
    args.erase(args.begin());
    require_obeyed(context.options, fmt::format("image {}", name), kOnlyAsks);
    const bool dry_run = cli::take_flag(args, "--dry-run") || context.options.dry_run;
    app::RegistryClients access(context.sink, context.cancellation, context.workspace);
    return part.run({context.sink, context.cancellation, access, dry_run}, std::move(args));
  }
  throw base::Error(base::ErrorCode::kUsage,
                    name.empty() ? "`ix image` needs to be told what to do: " + base::join(names, ", ") + "."
                                 : fmt::format("There is no `ix image {}`.{} There are {}.", name,
                                               base::did_you_mean(name, names), base::join(names, ", ")));
}

}  // namespace

Command image_command() {
  return {"image",
          "copy | ls | inspect | tags | rm | export | prune …",
          "Copy, list, inspect, remove and export images; make room",
          "    ix image copy SOURCE DESTINATION [--all] [--platform OS/ARCH]\n"
          "    ix image ls [PLACE]          the images of a repository, a folder or the store\n"
          "    ix image tags REPOSITORY     their names alone, one a line\n"
          "    ix image inspect IMAGE       [--json] [--config] [--raw] [--platform …]\n"
          "    ix image rm IMAGE…           a tag, or by digest with all its tags\n"
          "    ix image export IMAGE FILE   as a file for `docker load`\n"
          "    ix image prune               [--keep SIZE] [--older-than AGE] [--all] [--dry-run]\n"
          "    ix image prune --registry    [REPOSITORY…] [--builds N] [--grace AGE]\n"
          "                                 [--forget BRANCH] [--remove]\n"
          "\n"
          "An image is HOST/NAME:TAG or HOST/NAME@DIGEST in a registry, store:NAME:TAG in\n"
          "this machine's store, oci:DIR:TAG in a folder in the OCI image layout, or\n"
          "docker-archive:FILE, as `docker save` makes them. Of an image for several\n"
          "platforms, the one for this machine is taken, the one for --platform, or with\n"
          "--all the whole, and what refers to it. `ix image ls` alone lists the store.\n"
          "\n"
          "`prune` removes from the store what no name, cached step or running build\n"
          "needs. On top of that goes, least recently used first, what has not been used\n"
          "for an AGE such as 7d, 12h or 30m, and what is beyond a SIZE such as 10GB or\n"
          "500MB: extracted layers, which are made again when needed, and cached steps,\n"
          "which are built again. Images that have a name stay, unless --all lets them go\n"
          "in their turn.\n"
          "\n"
          "`prune --registry` is about a registry's repositories, the project's where none is\n"
          "named. What the last N builds of each branch used stays (default: 10), what a\n"
          "build may push that has begun and not ended within AGE (default: 2h), and\n"
          "whatever ix did not make; --forget is for a branch that is gone. Without\n"
          "--remove it only says what would go.\n"
          "\n"
          "With --dry-run each only says what it would do.\n"
          "\n"
          "Within a project its CONFIG.DOCKER.REGISTRIES count; elsewhere credentials\n"
          "come from `docker login`, `podman login`, credential helpers, and for Amazon\n"
          "ECR from wherever the AWS CLI takes them.",
          ProjectUse::kIfThere,
          kOnlyAsks,
          run_image,
          [](const cli::Options& options) {
            return !options.run.args.empty() && options.run.args.front() == "prune";
          }};
}

}  // namespace ixian::commands
