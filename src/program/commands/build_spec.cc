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

constexpr std::string_view kNoAttestations = "leave it out: `ix build` makes no attestations";
constexpr std::string_view kQuota = "run ix in a cgroup with that limit: `systemd-run --scope -p CPUQuota=…`";

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
       .details = "NAME alone takes the value of that environment variable."},
      {.name = "--build-context",
       .kind = kValue,
       .metavar = "NAME=VALUE",
       .summary = "Replace a name of FROM and --from",
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
       .fields = {{.key = "id", .metavar = "NAME", .summary = "the id in RUN --mount"},
                  {.key = "src",
                   .metavar = "FILE",
                   .summary = "the file that holds it",
                   .completer = cli::Completer::kFile},
                  {.key = "env",
                   .metavar = "VARIABLE",
                   .summary = "or the environment variable that holds it"}},
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
       .summary = "Make equal digests from equal inputs",
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
       .summary = "Network of RUN",
       .choices = {{"default"}, {"none"}, {"host"}},
       .initial = "default",
       .heading = kRunOptions},
      {.name = "--memory",
       .letter = 'm',
       .kind = kValue,
       .metavar = "SIZE",
       .summary = "Limit the memory of a RUN, such as 2g",
       .initial = "90 % of the available memory",
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
       .summary = "Run every instruction of these stages (comma-separated)",
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
       .summary = "Push to the registries of its names, do not store it",
       .heading = kOutputOptions},
      {.name = "--output",
       .letter = 'o',
       .kind = kFields,
       .metavar = "DEST",
       .summary = "Write the image, or its files, to this destination",
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
       .instead = "use `ix build --progress quiet …`; standard output has only the digest anyway"},
      {.name = "--builder",
       .instead = "leave it out, or use the Docker daemon with `ix build --engine docker …`"},
      {.name = "--debug", .letter = 'D', .instead = "use `ix build --log DEBUG …`"},
      {.name = "--add-host",
       .instead = "write the address itself, or pass it with --build-arg: RUN resolves names by DNS"},
      {.name = "--attest", .instead = kNoAttestations},
      {.name = "--policy", .instead = "pin sources by a digest after the name, or with --checksum of ADD"},
      {.name = "--cgroup-parent", .instead = "run ix in that cgroup: `systemd-run --scope`"},
      {.name = "--cpu-period", .instead = kQuota},
      {.name = "--cpu-quota", .instead = kQuota},
      {.name = "--cpu-shares",
       .letter = 'c',
       .instead = "run ix in a cgroup with that weight: `systemd-run --scope -p CPUWeight=…`"},
      {.name = "--cpuset-cpus", .instead = "run ix on these processors: `taskset -c …`"},
      {.name = "--cpuset-mems", .instead = "run ix on these nodes: `numactl --membind=…`"},
      {.name = "--memory-swap",
       .instead = "run ix in a cgroup with that limit: `systemd-run --scope -p MemorySwapMax=…`"},
      {.name = "--isolation", .instead = "leave it out: the isolation of RUN is fixed"},
      {.name = "--security-opt",
       .instead = "leave it out, or use --allow new-privileges: the isolation of RUN is otherwise fixed"},
      {.name = "--stream", .instead = "leave it out: the context is read in place"},
  };
}

}  // namespace

cli::CommandSpec build_spec() {
  cli::CommandSpec spec{
      .description =
          "Builds the Dockerfile of CONTEXT and stores the image in the local store. It needs no project, no "
          "daemon and no root. Steps that were built before are cached. The image's digest is written to "
          "standard output. With `--engine docker` the Docker daemon builds and stores the image. With "
          "`--dry-run` it shows which steps would run and which are cached, and changes nothing.\n\nThe "
          "store is `$IXIAN_STORE`, else `$XDG_DATA_HOME/ixian`, else `/var/lib/ixian` for root and "
          "`~/.local/share/ixian` for others. `ix image prune` reclaims space in it.",
      .arguments =
          {{.metavar = "CONTEXT",
            .summary = "A directory, archive, URL or git repository; `-` is stdin",
            .completer = cli::Completer::kDirectory,
            .missing =
                "`ix build` needs a context, the directory that COPY reads from\nhint: for this directory "
                "`ix build .`; for standard input, an archive or a Dockerfile, `ix build -`"}},
      .options = own_options(),
      .examples = {{"ix build -t shop/web:1 .", "keep it under a name"},
                   {"ix build --target test --build-arg VERSION=3 .", ""},
                   {"ix build -o type=docker,dest=web.tar -t web:1 .", "for `docker load`"},
                   {"ix build -o out .", "the files alone"}},
      .obeys = {"--jobs", "--engine", "--dry-run", "--json"},
      .refuses = {{"--no-push", "leave it out: `ix build` pushes only with --push after it"},
                  {"--push", "write it after the command: `ix build --push -t NAME CONTEXT`"},
                  {"--force", "use `ix build --no-cache CONTEXT` to run every instruction"},
                  {"--force-all", "use `ix build --no-cache CONTEXT` to run every instruction"},
                  {"--no-pull",
                   "leave it out: `ix build` looks for a base image only if it is not in the store, or with "
                   "--pull"}}};
  for (cli::OptionSpec& each : options_of_docker()) spec.options.push_back(std::move(each));
  return spec;
}

}  // namespace ixian::commands
