// A command line that was written for Docker or Buildah is to work here unchanged, and never to do half of
// what it says. So every option of theirs has a row: those that mean something to ix are done; those that ask
// for what ix does anyway, or for nothing that can be seen in the image, are inert; the rest is refused with
// what to do instead. docs/reference/build-flags.md lists them all, and a test compares the two.
#include "build_flags/compat_options.h"

#include <iterator>
#include <utility>

namespace ixian::build_flags {
namespace {

using cli::OptionKind;
using cli::OptionSpec;

constexpr std::string_view kValue = "VALUE";
constexpr std::string_view kNoScanner = "run a scanner on the image, such as `syft` or `trivy`";
constexpr std::string_view kOwnNamespaces =
    "use private: RUN has namespaces of its own, and shares none with the host";
constexpr std::string_view kIdMap =
    "leave it out: an ordinary user's ids are those of /etc/subuid and /etc/subgid, and root's are its own";

OptionSpec done_value(std::string_view name, bool repeatable = false, char letter = 0) {
  return {.name = name,
          .letter = letter,
          .kind = OptionKind::kValue,
          .metavar = kValue,
          .repeatable = repeatable,
          .hidden = true};
}

OptionSpec done_flag(std::string_view name) {
  return {.name = name, .hidden = true};
}

OptionSpec inert_flag(std::string_view name, std::string_view note = {}) {
  return {.name = name, .inert = true, .note = note};
}

OptionSpec inert_value(std::string_view name, std::string_view note = {}) {
  return {.name = name, .kind = OptionKind::kValue, .metavar = kValue, .inert = true, .note = note};
}

OptionSpec inert_choice(std::string_view name, std::vector<cli::Choice> choices) {
  return {.name = name,
          .kind = OptionKind::kValue,
          .metavar = kValue,
          .choices = std::move(choices),
          .inert = true};
}

OptionSpec refused_flag(std::string_view name, std::string_view instead) {
  return {.name = name, .instead = instead};
}

OptionSpec refused_value(std::string_view name, std::string_view instead, char letter = 0) {
  return {.name = name, .letter = letter, .kind = OptionKind::kValue, .metavar = kValue, .instead = instead};
}

// Of docker build, with or without buildx.
std::vector<OptionSpec> options_of_docker() {
  return {
      {.name = "--provenance",
       .kind = OptionKind::kValue,
       .metavar = "BOOL",
       .optional_value = true,
       .hidden = true},
      {.name = "--sbom",
       .kind = OptionKind::kValue,
       .metavar = "BOOL",
       .optional_value = true,
       .hidden = true},
      done_value("--attest", true),
      done_value("--policy", true),
      done_value("--security-opt", true),
      done_value("--resource", true),
      {.name = "--debug", .letter = 'D', .hidden = true, .also = {"--log", "DEBUG"}},
      inert_flag("--rm"),
      inert_flag("--force-rm"),
      inert_flag("--compress"),
      inert_flag("--disable-content-trust"),
      inert_flag("--stream"),
      inert_value("--builder", "ix has no builder instances"),
      inert_value("--isolation", "the isolation of RUN is fixed"),
      refused_value("--cgroup-parent", "run ix in that cgroup: `systemd-run --scope --slice=…`"),
  };
}

// Of buildah build, podman build, besides Docker's.
std::vector<OptionSpec> options_of_buildah() {
  return {
      done_value("--arch"),
      done_value("--os"),
      done_value("--variant"),
      done_value("--build-arg-file", true),
      done_value("--source-date-epoch"),
      done_value("--timestamp"),
      done_flag("--http-proxy"),
      done_value("--unsetenv", true),
      done_value("--unsetlabel", true),
      done_value("--authfile"),
      done_value("--retry"),
      done_flag("--pull-always"),
      done_flag("--pull-never"),
      done_flag("--tls-verify"),
      done_flag("--skip-unused-stages"),
      done_flag("--inherit-labels"),
      done_flag("--inherit-annotations"),
      done_flag("--compat-volumes"),
      inert_flag("--rewrite-timestamp"),
      inert_flag("--layers"),
      inert_flag("--save-stages"),
      inert_flag("--stage-labels"),
      inert_flag("--identity-label"),
      inert_flag("--created-annotation"),
      inert_flag("--disable-compression"),
      inert_flag("--log-rusage"),
      inert_value("--rusage-logfile"),
      inert_value("--loglevel"),
      inert_value("--blob-cache"),
      inert_value("--cdi-config-dir"),
      inert_value("--retry-delay", "the delay between attempts is fixed"),
      inert_choice("--format",
                   {{"oci"}, {"docker", "", "use `-o type=docker,dest=FILE`: stored images are OCI images"}}),
      inert_choice("--cgroupns", {{"private"}, {"host", "", kOwnNamespaces}}),
      inert_choice("--ipc", {{"private"}, {"container", "", "", true}, {"host", "", kOwnNamespaces}}),
      inert_choice("--pid", {{"private"}, {"container", "", "", true}, {"host", "", kOwnNamespaces}}),
      inert_choice("--uts", {{"private"}, {"container", "", "", true}, {"host", "", kOwnNamespaces}}),
      inert_choice("--userns",
                   {{"host"}, {"private", "", kIdMap}, {"container", "", kIdMap}, {"auto", "", kIdMap}}),
      refused_flag("--all-platforms", "name one platform: `ix build --platform linux/arm64 …`"),
      refused_value("--os-version", "leave it out: it is for Windows images, and ix builds those of Linux"),
      refused_value("--os-feature", "leave it out: it is for Windows images, and ix builds those of Linux"),
      refused_value("--manifest", "give each platform's image a tag of its own: an image has one platform"),
      refused_value("--cpp-flag", "run the preprocessor first: `cpp -P … | ix build -f - .`"),
      refused_value("--from", "make the base an argument: `ARG BASE`, `FROM $BASE`, --build-arg BASE=…"),
      refused_value("--ignorefile", "copy it to DOCKERFILE.dockerignore, beside the Dockerfile"),
      refused_value("--env", "write ENV NAME=VALUE in the Dockerfile"),
      refused_value("--unsetannotation", "leave it out: annotations of the base image are not inherited"),
      refused_value("--layer-label", "use --label NAME=VALUE: layers have no labels"),
      refused_value("--device", "write RUN --device in the Dockerfile, and allow it with --allow device"),
      refused_value("--compression-format", "use `-o type=image,compression=zstd`"),
      refused_value("--compression-level", "use `-o type=image,compression-level=N`"),
      refused_flag("--force-compression", "use `-o type=image,force-compression=true`"),
      refused_flag("--omit-history", "leave it out: the history is always in the configuration"),
      refused_value("--cache-ttl", "use --no-cache now and then, or `ix image prune`: steps do not expire"),
      refused_flag("--no-hosts", "leave it out: RUN has an /etc/hosts that the image does not get"),
      refused_flag("--no-hostname", "leave it out: RUN has an /etc/hostname that the image does not get"),
      refused_value("--creds", "log in first: `docker login REGISTRY`, or set DOCKER_AUTH_CONFIG"),
      refused_value("--cert-dir", "copy the certificates to /etc/docker/certs.d/REGISTRY"),
      refused_value("--decryption-key", "decrypt the image first: encrypted layers are not supported"),
      refused_value("--sign-by", "sign the image after the build, such as with `cosign sign`"),
      refused_value("--signature-policy", "verify the base image before the build, such as with `cosign`"),
      refused_value("--volume", "write RUN --mount=type=bind or type=cache in the Dockerfile", 'v'),
      refused_value("--mount", "write RUN --mount in the Dockerfile"),
      refused_flag("--stdin", "leave it out: the standard input of RUN is empty"),
      refused_value("--cap-add", "leave it out: the capabilities of RUN are fixed"),
      refused_value("--cap-drop", "leave it out: the capabilities of RUN are fixed"),
      refused_value("--userns-uid-map", kIdMap),
      refused_value("--userns-gid-map", kIdMap),
      refused_value("--userns-uid-map-user", kIdMap),
      refused_value("--userns-gid-map-group", kIdMap),
      refused_value("--runtime", "use `IXIAN_RUNTIME=NAME ix build …`"),
      refused_value("--runtime-flag", "leave it out: the runtime gets the options that the sandbox needs"),
      refused_value("--hooks-dir", "leave it out: the runtime runs no hooks"),
      refused_value("--group-add", "write USER in the Dockerfile: a user has the groups of /etc/group"),
      refused_value("--logfile", "redirect the progress: `ix build --progress plain … 2> FILE`"),
      refused_flag("--logsplit", "redirect the progress of each build: `… 2> FILE`"),
      refused_value("--iidfile-raw", "use --iidfile"),
      refused_value("--cw", "leave it out: images for confidential workloads are not supported"),
      refused_value("--source-policy-file", "pin sources by a digest, or with --checksum of ADD"),
      refused_value("--sbom-output", kNoScanner),
      refused_value("--sbom-purl-output", kNoScanner),
      refused_value("--sbom-image-output", kNoScanner),
      refused_value("--sbom-image-purl-output", kNoScanner),
      refused_value("--sbom-scanner-image", kNoScanner),
      refused_value("--sbom-scanner-command", kNoScanner),
      refused_value("--sbom-merge-strategy", kNoScanner),
  };
}

}  // namespace

std::vector<OptionSpec> compat_options() {
  std::vector<OptionSpec> all = options_of_docker();
  std::vector<OptionSpec> more = options_of_buildah();
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return all;
}

}  // namespace ixian::build_flags
