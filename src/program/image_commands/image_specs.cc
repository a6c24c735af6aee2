#include "cli/global_flags.h"
#include "image_commands/image_commands.h"

namespace ixian::image_commands {
namespace {

constexpr auto kWithValue = cli::OptionKind::kValue;
constexpr std::string_view kStoreOptions = "Options for the store";
constexpr std::string_view kRegistryOptions = "Options for registries";

cli::OptionSpec platform_option() {
  return {.name = "--platform",
          .kind = kWithValue,
          .metavar = "OS/ARCH",
          .summary = "Take the image for this platform",
          .initial = "this machine's",
          .completer = cli::Completer::kPlatform};
}

cli::CommandSpec copy_spec() {
  cli::CommandSpec spec{
      .name = "copy",
      .summary = "Copy an image",
      .description =
          "Copies an image from any location to any other, without blobs that are already present, and "
          "prints its digest. `store:` alone keeps the name of the source.",
      .arguments = {{.metavar = "SOURCE", .summary = "An image", .completer = cli::Completer::kImage},
                    {.metavar = "DESTINATION",
                     .summary = "Where to copy it",
                     .completer = cli::Completer::kImage}},
      .options = {{.name = "--all",
                   .summary = "Copy every platform, and signatures and the like",
                   .conflicts = {"--platform"}},
                  platform_option()},
      .examples = {{"ix image copy registry.example.com/shop/web:1 store:", ""}},
      .obeys = cli::kOnlyAsks};
  return spec;
}

cli::CommandSpec list_spec() {
  return {.name = "ls",
          .summary = "List images",
          .description =
              "Lists the images of a repository, a directory or an archive; alone, those of the local store.",
          .arguments = {{.metavar = "REPOSITORY",
                         .least = 0,
                         .summary = "HOST/NAME, store:NAME, oci:DIR or docker-archive:FILE",
                         .completer = cli::Completer::kImage}},
          .obeys = cli::kOnlyAsks};
}

cli::CommandSpec inspect_spec() {
  return {.name = "inspect",
          .summary = "Show the contents of an image",
          .arguments = {{.metavar = "IMAGE", .summary = "An image", .completer = cli::Completer::kImage}},
          .options = {{.name = "--json",
                       .summary = "Print all of it as JSON",
                       .conflicts = {"--config", "--raw"}},
                      {.name = "--config",
                       .summary = "Print its configuration as it is",
                       .conflicts = {"--json", "--raw"}},
                      {.name = "--raw",
                       .summary = "Print its manifest or index as it is",
                       .conflicts = {"--json", "--config"}},
                      platform_option()},
          .obeys = cli::kOnlyAsks};
}

cli::CommandSpec tags_spec() {
  return {.name = "tags",
          .summary = "List the tags of a repository, one a line",
          .arguments = {{.metavar = "REPOSITORY",
                         .summary = "A repository",
                         .completer = cli::Completer::kRepository}},
          .obeys = cli::kOnlyAsks};
}

cli::CommandSpec remove_spec() {
  return {
      .name = "rm",
      .summary = "Remove images",
      .description =
          "Removes a tag, or by digest an image with all its tags. In the store `ix image prune` then frees "
          "the space.",
      .arguments = {{.metavar = "IMAGE",
                     .most = cli::ArgumentSpec::kAny,
                     .summary = "An image",
                     .completer = cli::Completer::kImage}},
      .obeys = cli::kOnlyAsks};
}

cli::CommandSpec export_spec() {
  return {.name = "export",
          .summary = "Write an image to a file for `docker load`",
          .arguments = {{.metavar = "IMAGE", .summary = "An image", .completer = cli::Completer::kImage},
                        {.metavar = "FILE",
                         .summary = "The archive; `-` is standard output",
                         .completer = cli::Completer::kFile}},
          .options = {platform_option(),
                      {.name = "--all",
                       .instead = "leave it out: an archive for `docker load` holds one platform"}},
          .obeys = cli::kOnlyAsks};
}

cli::CommandSpec prune_spec() {
  return {.name = "prune",
          .summary = "Reclaim space in the store or in registries",
          .description =
              "Removes from the store what no tag, cached step or running build uses. With the options it "
              "also removes, least recently used first, what is older or more than they allow: unpacked "
              "layers, which are unpacked again when needed, and cached steps, which are built again. Tagged "
              "images are retained, unless `--all` is given.\n\nWith `--registry` it prunes repositories, "
              "those of the project where none is named. It retains what the last builds of each branch "
              "used, what running builds may push, and whatever ix did not push. Without `--remove` it only "
              "shows what it would remove.",
          .arguments = {{.metavar = "REPOSITORY",
                         .least = 0,
                         .most = cli::ArgumentSpec::kAny,
                         .summary = "With --registry: a repository",
                         .completer = cli::Completer::kRepository}},
          .options = {{.name = "--keep",
                       .kind = kWithValue,
                       .metavar = "SIZE",
                       .summary = "Keep at most this much, such as 10GB",
                       .heading = kStoreOptions},
                      {.name = "--older-than",
                       .kind = kWithValue,
                       .metavar = "AGE",
                       .summary = "Remove what was unused for this long, such as 7d",
                       .heading = kStoreOptions},
                      {.name = "--all", .summary = "Remove tagged images, too", .heading = kStoreOptions},
                      {.name = "--registry",
                       .summary = "Prune repositories of a registry",
                       .conflicts = {"--keep", "--older-than", "--all"},
                       .heading = kRegistryOptions},
                      {.name = "--builds",
                       .kind = kWithValue,
                       .metavar = "N",
                       .summary = "Keep what the last N builds of each branch used",
                       .initial = "10",
                       .heading = kRegistryOptions},
                      {.name = "--grace",
                       .kind = kWithValue,
                       .metavar = "AGE",
                       .summary = "Keep what builds started within this time may push",
                       .initial = "2h",
                       .heading = kRegistryOptions},
                      {.name = "--forget",
                       .kind = kWithValue,
                       .metavar = "BRANCH",
                       .summary = "Keep nothing for this branch",
                       .heading = kRegistryOptions},
                      {.name = "--remove", .summary = "Remove it", .heading = kRegistryOptions}},
          .obeys = cli::kOnlyAsks};
}

}  // namespace

std::vector<cli::CommandSpec> image_specs() {
  return {copy_spec(), list_spec(), inspect_spec(), tags_spec(), remove_spec(), export_spec(), prune_spec()};
}

}  // namespace ixian::image_commands
