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
          "Copies an image from anywhere to anywhere but blobs that are there already, and prints "
          "its digest. `store:` alone keeps the source's name.",
      .arguments = {{.metavar = "SOURCE", .summary = "An image", .completer = cli::Completer::kImage},
                    {.metavar = "DESTINATION",
                     .summary = "Where it is to be",
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
          .arguments = {{.metavar = "PLACE",
                         .least = 0,
                         .summary = "HOST/NAME, store:NAME, oci:DIR or docker-archive:FILE",
                         .completer = cli::Completer::kImage}},
          .obeys = cli::kOnlyAsks};
}

cli::CommandSpec inspect_spec() {
  return {.name = "inspect",
          .summary = "Show what an image consists of",
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
                       .instead = "An archive for `docker load` holds one platform; leave --all out."}},
          .obeys = cli::kOnlyAsks};
}

cli::CommandSpec prune_spec() {
  return {.name = "prune",
          .summary = "Free space in the store or in registries",
          .description =
              "Removes from the store what no name, cached step or running build needs. On top of that goes, "
              "least recently "
              "used first, what is older or more than the options allow: unpacked layers, which are made "
              "again when needed, "
              "and cached steps, which are built again. Images that have a name stay, unless `--all` lets "
              "them go in their "
              "turn.\n"
              "\n"
              "With `--registry` it is about repositories, those of the project where none is named. What "
              "the last builds of "
              "each branch used stays, what a build may push that is under way, and whatever ix did not "
              "make. Without "
              "`--remove` it only says what would go.",
          .arguments = {{.metavar = "REPOSITORY",
                         .least = 0,
                         .most = cli::ArgumentSpec::kAny,
                         .summary = "With --registry: a repository",
                         .completer = cli::Completer::kRepository}},
          .options = {{.name = "--keep",
                       .kind = kWithValue,
                       .metavar = "SIZE",
                       .summary = "Remove until no more than this is left, such as 10GB",
                       .heading = kStoreOptions},
                      {.name = "--older-than",
                       .kind = kWithValue,
                       .metavar = "AGE",
                       .summary = "Remove what has not been used for this long, such as 7d",
                       .heading = kStoreOptions},
                      {.name = "--all",
                       .summary = "Remove images that have a name, too",
                       .heading = kStoreOptions},
                      {.name = "--registry",
                       .summary = "Free space in repositories of a registry",
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
                       .summary = "Keep what builds may push that began within this time",
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
