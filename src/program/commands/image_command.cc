// `ix image …`: images without a project.
#include <stdexcept>

#include "commands/table.h"
#include "image_commands/image_commands.h"

namespace ixian::commands {
namespace {

struct Part {
  std::string_view name;
  int (*run)(const image_commands::ImageContext& context);
};

constexpr Part kParts[] = {
    {"copy", image_commands::image_copy},       {"ls", image_commands::image_list},
    {"inspect", image_commands::image_inspect}, {"tags", image_commands::image_tags},
    {"rm", image_commands::image_remove},       {"export", image_commands::image_export},
    {"prune", image_commands::image_prune},
};

int run_image(const CommandContext& context) {
  app::RegistryClients access(context.sink, context.cancellation, context.workspace);
  const image_commands::ImageContext image{context.line, context.sink, context.cancellation, access,
                                           context.options.dry_run};
  for (const Part& part : kParts) {
    if (part.name == context.line.command->name) return part.run(image);
  }
  throw std::logic_error("a part of `ix image` that is in its table alone");
}

cli::CommandSpec image_spec() {
  return {
      .description =
          "An image is `HOST/NAME:TAG` or `HOST/NAME@DIGEST` in a registry, `store:NAME:TAG` in this "
          "machine's store, "
          "`oci:DIR:TAG` in a directory in the OCI image layout, or `docker-archive:FILE`, as `docker save` "
          "makes them. Of "
          "an image for several platforms, the one for this machine is taken, or the one for `--platform`.\n"
          "\n"
          "Within a project its CONFIG.DOCKER.REGISTRIES count; elsewhere credentials come from `docker "
          "login`, `podman "
          "login`, credential helpers, and for Amazon ECR from wherever the AWS CLI takes them.",
      .subcommands = image_commands::image_specs()};
}

}  // namespace

Command image_command() {
  return {"image",
          "Manage images",
          ProjectUse::kIfThere,
          image_spec,
          run_image,
          [](const cli::Options&, const cli::ParsedCommand& line) { return line.path == "image prune"; }};
}

}  // namespace ixian::commands
