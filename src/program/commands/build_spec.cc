#include "build_results/output_value.h"
#include "cli/command.h"
#include "commands/build_option_values.h"
#include "commands/build_options.h"

namespace ixian::commands {
namespace {

constexpr auto kValue = cli::OptionKind::kValue;
constexpr auto kFields = cli::OptionKind::kFields;

constexpr std::string_view kCacheOptions = "Cache options";
constexpr std::string_view kOutputOptions = "Output options";
constexpr std::string_view kRunOptions = "Options for RUN and ADD";

constexpr std::string_view kNoAttestations = "`ix build` makes no attestations: leave it out.";
constexpr std::string_view kQuota =
    "Start ix itself in a cgroup with that limit (systemd-run --scope -p CPUQuota=…).";

std::vector<cli::OptionSpec> own_options() {
  return {
      {.name = "--file",
       .letter = 'f',
       .kind = kValue,
       .metavar = "FILE",
       .summary = "Read the Dockerfile from here; `-` is standard input",
       .initial = "CONTEXT/Dockerfile",
       .completer = cli::Completer::kFile},
      {.name = "--target",
       .kind = kValue,
       .metavar = "STAGE",
       .summary = "Build this stage",
       .initial = "the last one",
       .completer = cli::Completer::kStage},
      {.name = "--build-arg",
       .kind = kValue,
       .metavar = "NAME=VALUE",
       .summary = "Set a build argument",
       .repeatable = true,
       .details = "NAME alone takes the value of the environment variable of that name."},
      {.name = "--build-context",
       .kind = kValue,
       .metavar = "NAME=VALUE",
       .summary = "Let a name of FROM and --from mean something else",
       .repeatable = true,
       .details = "VALUE is what CONTEXT may be, but for standard input, or `docker-image://REFERENCE` or "
                  "`oci-layout://DIRECTORY[:TAG][@DIGEST]`. It replaces images and stages of that name."},
      {.name = "--label",
       .kind = kValue,
       .metavar = "NAME=VALUE",
       .summary = "Add a label to the image",
       .repeatable = true},
      {.name = "--platform",
       .kind = kValue,
       .metavar = "OS/ARCH",
       .summary = "Build for this platform",
       .initial = "this machine's",
       .completer = cli::Completer::kPlatform},
      {.name = "--secret",
       .kind = kFields,
       .metavar = "FIELDS",
       .summary = "Offer a secret to RUN --mount=type=secret",
       .fields = {{.key = "id", .metavar = "NAME", .summary = "the name that RUN asks for"},
                  {.key = "src",
                   .metavar = "FILE",
                   .summary = "the file that holds it",
                   .completer = cli::Completer::kFile},
                  {.key = "env", .metavar = "VARIABLE", .summary = "or the variable that does"}},
       .repeatable = true},
      {.name = "--ssh",
       .kind = kValue,
       .metavar = "ID[=SOCKET|KEY]",
       .summary = "Offer an SSH agent to RUN --mount=type=ssh",
       .repeatable = true,
       .completer = cli::Completer::kFile,
       .details =
           "`default` alone is the agent of SSH_AUTH_SOCK. Keys without passphrases, with commas between "
           "them, are given to an ssh-agent that ends with the build. A RUN can sign with the keys, and "
           "cannot read, add or remove any."},
      {.name = "--reproducible",
       .summary = "Give equal digests to equal inputs",
       .details = "All times in the image are SOURCE_DATE_EPOCH, or 1970 where that is not set."},
      {.name = "--check",
       .summary = "Check the Dockerfile, and build nothing",
       .details = "The same as --call check. Prints what BuildKit's rules find, and exits with 1 if that is "
                  "anything. Where no --target is named, the whole file is checked."},
      {.name = "--call",
       .kind = kValue,
       .metavar = "METHOD",
       .summary = "Ask the Dockerfile instead: check, outline, targets",
       .details = "`outline` prints the parameters of the target: build arguments, secrets, SSH agents and "
                  "cache mounts. `targets` prints the stages. Descriptions are comments right above FROM and "
                  "ARG that begin with the name. Behind a comma, `format=json` prints JSON, and "
                  "`ignorestatus=true` exits with 0 in spite of warnings."},
      {.name = "--print", .kind = kValue, .metavar = "METHOD", .hidden = true},
      {.name = "--network",
       .kind = kValue,
       .metavar = "NETWORK",
       .summary = "Give RUN this network",
       .choices = {{"default"}, {"none"}, {"host"}},
       .initial = "default",
       .heading = kRunOptions},
      {.name = "--memory",
       .letter = 'm',
       .kind = kValue,
       .metavar = "SIZE",
       .summary = "Limit the memory of a RUN, such as 2g",
       .initial = "nine tenths of what is there",
       .heading = kRunOptions},
      {.name = "--pids-limit",
       .kind = kValue,
       .metavar = "N",
       .summary = "Limit the processes and threads of a RUN",
       .initial = "2048",
       .heading = kRunOptions},
      {.name = "--ulimit",
       .kind = kValue,
       .metavar = "NAME=SOFT[:HARD]",
       .summary = "Limit each process of a RUN, such as nofile=1024:4096",
       .repeatable = true,
       .heading = kRunOptions},
      {.name = "--shm-size",
       .kind = kValue,
       .metavar = "SIZE",
       .summary = "Size /dev/shm of a RUN",
       .initial = "64m",
       .heading = kRunOptions},
      {.name = "--allow",
       .kind = kValue,
       .metavar = "PERMISSION",
       .summary = "Allow this in a RUN",
       .choices = {{"new-privileges", "sudo, su and the like may change their user"},
                   {"device", "RUN --device"},
                   {"network.host", "RUN --network=host"},
                   {"security.insecure", "RUN --security=insecure, which is no sandbox any more"}},
       .repeatable = true,
       .heading = kRunOptions},
      {.name = "--fetch-limit",
       .kind = kValue,
       .metavar = "SIZE",
       .summary = "Limit what an ADD fetches from a URL or a repository",
       .initial = "4g",
       .heading = kRunOptions},
      {.name = "--fetch-timeout",
       .kind = kValue,
       .metavar = "TIME",
       .summary = "Limit how long that takes",
       .initial = "1h",
       .heading = kRunOptions},
      {.name = "--no-cache", .summary = "Run every instruction", .heading = kCacheOptions},
      {.name = "--no-cache-filter",
       .kind = kValue,
       .metavar = "STAGES",
       .summary = "Run every instruction of these stages, separated by commas",
       .repeatable = true,
       .heading = kCacheOptions,
       .completer = cli::Completer::kStage},
      {.name = "--pull",
       .summary = "Look for newer base images in their registries",
       .heading = kCacheOptions},
      {.name = "--cache-from",
       .kind = kValue,
       .metavar = "REPOSITORY",
       .summary = "Look up steps in this repository",
       .repeatable = true,
       .heading = kCacheOptions,
       .completer = cli::Completer::kRepository},
      {.name = "--cache-to",
       .kind = kValue,
       .metavar = "REPOSITORY",
       .summary = "Push steps to this repository",
       .heading = kCacheOptions,
       .completer = cli::Completer::kRepository},
      {.name = "--tag",
       .letter = 't',
       .kind = kValue,
       .metavar = "NAME",
       .summary = "Name the image in the store",
       .repeatable = true,
       .heading = kOutputOptions},
      {.name = "--push",
       .summary = "Push to the registries of its names, and nowhere else",
       .heading = kOutputOptions},
      {.name = "--output",
       .letter = 'o',
       .kind = kFields,
       .metavar = "DEST",
       .summary = "Write the image, or its files, there",
       .fields = build_results::output_fields(),
       .repeatable = true,
       .heading = kOutputOptions,
       .completer = cli::Completer::kFile,
       .details = "A path alone is `type=local`; with the ending `.tar`, or as `-`, it is `type=tar`."},
      {.name = "--load",
       .summary = "Load it into the Docker daemon: `type=docker` without dest",
       .heading = kOutputOptions},
      {.name = "--annotation",
       .kind = kValue,
       .metavar = "[TYPE:]KEY=VALUE",
       .summary = "Annotate the manifest of the image",
       .repeatable = true,
       .heading = kOutputOptions,
       .details =
           "With the TYPE `manifest-descriptor` it is what index.json says of the image, and the descriptor "
           "in the file of `--metadata-file`."},
      {.name = "--squash",
       .summary = "Put all files into one layer, those of the base image too",
       .heading = kOutputOptions},
      {.name = "--iidfile",
       .kind = kValue,
       .metavar = "FILE",
       .summary = "Write the image's ID to this file",
       .heading = kOutputOptions,
       .completer = cli::Completer::kFile},
      {.name = "--metadata-file",
       .kind = kValue,
       .metavar = "FILE",
       .summary = "Write its digests and names to this file, as JSON",
       .heading = kOutputOptions,
       .completer = cli::Completer::kFile},
  };
}

// What docker build and buildx have besides: taken where it changes nothing, else refused with what to do
// instead.
std::vector<cli::OptionSpec> options_of_docker() {
  return {
      {.name = "--provenance", .kind = kValue, .metavar = "BOOL", .optional_value = true, .hidden = true},
      {.name = "--sbom", .kind = kValue, .metavar = "BOOL", .optional_value = true, .hidden = true},
      {.name = "--rm", .hidden = true},
      {.name = "--force-rm", .hidden = true},
      {.name = "--compress", .hidden = true},
      {.name = "--disable-content-trust", .hidden = true},
      {.name = "--quiet",
       .letter = 'q',
       .instead = "Write `ix build --progress quiet …`; standard output has nothing but the digest anyway."},
      {.name = "--builder",
       .instead =
           "ix builds by itself: leave it out. `ix build --engine docker …` lets the Docker daemon build."},
      {.name = "--debug", .letter = 'D', .instead = "More is told by `ix build --log DEBUG …`."},
      {.name = "--add-host",
       .instead =
           "A RUN knows the names that DNS knows: write the address itself, or pass it as --build-arg."},
      {.name = "--attest", .instead = kNoAttestations},
      {.name = "--policy",
       .instead =
           "ix knows no policies for sources; a digest behind a name, or --checksum of ADD, pins one."},
      {.name = "--cgroup-parent",
       .instead = "Start ix itself in the cgroup that is to hold it (systemd-run --scope)."},
      {.name = "--cpu-period", .instead = kQuota},
      {.name = "--cpu-quota", .instead = kQuota},
      {.name = "--cpu-shares",
       .letter = 'c',
       .instead = "Start ix itself in a cgroup with that weight (systemd-run --scope -p CPUWeight=…)."},
      {.name = "--cpuset-cpus", .instead = "Start ix itself on these processors: taskset -c …"},
      {.name = "--cpuset-mems", .instead = "Start ix itself on these nodes: numactl --membind=…"},
      {.name = "--memory-swap",
       .instead = "Start ix itself in a cgroup with that limit (systemd-run --scope -p MemorySwapMax=…)."},
      {.name = "--isolation", .instead = "A RUN is always isolated in the same way: leave it out."},
      {.name = "--security-opt",
       .instead =
           "A RUN is always isolated in the same way; --allow new-privileges is what there is to choose."},
      {.name = "--stream", .instead = "The context is read where it lies: leave it out."},
  };
}

}  // namespace

cli::CommandSpec build_spec() {
  cli::CommandSpec spec{
      .description =
          "Builds the Dockerfile of CONTEXT and keeps the image in ix's own store. It needs no "
          "project, no daemon and no root. What was built once is taken from the store. The image's digest "
          "is written to standard output. With `--engine docker` the Docker daemon builds, and keeps the "
          "image. With `--dry-run` it shows which steps would run and which are cached, and changes "
          "nothing.\n"
          "\n"
          "The store is `$IXIAN_STORE`, else `$XDG_DATA_HOME/ixian`, else `/var/lib/ixian` for root and "
          "`~/.local/share/ixian` for others. `ix image prune` frees space in it.",
      .arguments =
          {{.metavar = "CONTEXT",
            .summary = "A directory, archive, URL or git repository; `-` is stdin",
            .completer = cli::Completer::kDirectory,
            .missing =
                "`ix build` needs a context, the folder that COPY reads from: mostly it is this one, `ix "
                "build .`; - is standard input, an archive or a Dockerfile."}},
      .options = own_options(),
      .examples = {{"ix build -t shop/web:1 .", "keep it under a name"},
                   {"ix build --target test --build-arg VERSION=3 .", ""},
                   {"ix build -o type=docker,dest=web.tar -t web:1 .", "for `docker load`"},
                   {"ix build -o out .", "the files alone"}},
      .obeys = {"--jobs", "--engine", "--dry-run", "--json"},
      .refuses = {
          {"--no-push", "`ix build` pushes nothing but with --push behind it. Leave it out."},
          {"--push", "Write it behind: `ix build --push -t NAME CONTEXT`."},
          {"--force", "Write `ix build --no-cache CONTEXT` to run every instruction."},
          {"--force-all", "Write `ix build --no-cache CONTEXT` to run every instruction."},
          {"--no-pull",
           "`ix build` asks for a base image only where none is known here, or with --pull behind it."}}};
  for (cli::OptionSpec& each : options_of_docker()) spec.options.push_back(std::move(each));
  return spec;
}

}  // namespace ixian::commands
