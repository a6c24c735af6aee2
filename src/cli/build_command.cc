// `ix build`: an image from a Dockerfile, without a project and without a daemon.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "cli/build_options.h"
#include "cli/build_output.h"
#include "cli/commands.h"
#include "cli/own_namespaces.h"
#include "cli/print.h"
#include "cli/registry_access.h"
#include "engine/embedded_engine.h"
#include "script/calls.h"
#include "store/folder.h"
#include "store/store.h"

namespace ixian::cli {
namespace {

bool writes_to_standard_output(const BuildOptions& options) {
  return std::any_of(options.outputs.begin(), options.outputs.end(),
                     [](const BuildOutput& output) { return output.destination == "-"; });
}

int run_build(const CommandContext& context) {
  const std::vector<std::string>& args = context.options.run.args;
  if (std::any_of(args.begin(), args.end(), [](const auto& arg) { return arg == "--help" || arg == "-h"; })) {
    print(command_page(build_command(), ui::Style::for_fd(STDOUT_FILENO)));
    return 0;
  }
  if (context.workspace != nullptr) script::flush_output();
  require_own_namespaces();
  BuildOptions options = parse_build_options(args);
  options.job.jobs = context.options.jobs;
  RegistryAccess access(context.sink, context.cancellation, context.workspace);
  const auto store = store::Store::open(store::default_folder(), context.cancellation);
  const auto lease = store->lease();
  engine::EngineServices services;
  services.store = store;
  services.open_repo = [&access](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
    return access.registries().open(reference, registry::Access::kPull);
  };
  services.open_for_push = [&access](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
    return access.registries().open(reference, registry::Access::kPushAnywhere);
  };
  services.http_client = [&access]() -> http::Client& { return access.services().client; };
  const auto engine = engine::make_embedded_engine(std::move(services));
  const engine::BuiltStage image = engine->build(options.job, context.sink, context.cancellation);
  deliver(options, image, store, *engine, context.sink, context.cancellation);
  engine->wait_for_cache();
  if (!writes_to_standard_output(options)) print(image.manifest.descriptor.digest.text() + "\n");
  return 0;
}

}  // namespace

Command build_command() {
  return {"build",
          "[-f FILE] [-t NAME]… [options] CONTEXT",
          "Build an image from a Dockerfile",
          "Builds the Dockerfile of the folder CONTEXT and keeps the image in ix's own store.\n"
          "It needs no project, no daemon and no root. What was built once is taken from the\n"
          "store. The image's digest is written to standard output.\n"
          "\n"
          "    ix build -t shop/web:1 .\n"
          "    ix build --target test --build-arg VERSION=3 .\n"
          "    ix build -o type=docker,dest=web.tar -t web:1 .   for `docker load`\n"
          "    ix build -o out .                                 the files alone\n"
          "\n"
          "What is built:\n"
          "    -f, --file FILE         the Dockerfile; - is standard input\n"
          "                            (default: CONTEXT/Dockerfile)\n"
          "    --target STAGE          the stage to build (default: the last one)\n"
          "    --build-arg NAME=VALUE  for ARG; NAME alone takes the variable of that name\n"
          "    --label NAME=VALUE      a label of the image\n"
          "    --platform OS/ARCH      which machine it is for (default: this one)\n"
          "    --secret id=NAME,src=FILE or id=NAME,env=VARIABLE\n"
          "                            for RUN --mount=type=secret,id=NAME\n"
          "    --network WHICH         of RUN: default, none or host\n"
          "    --allow new-privileges  sudo, su and the like may change their user in a RUN\n"
          "\n"
          "From what:\n"
          "    --no-cache              run every instruction\n"
          "    --no-cache-filter STAGE those of these stages, with commas between\n"
          "    --pull                  ask the registry for newer base images\n"
          "    --cache-from REPO       a repository of a registry that may know what others\n"
          "                            have built; several are possible\n"
          "    --cache-to REPO         let others have what is built here\n"
          "\n"
          "Where to:\n"
          "    -t, --tag NAME          a name in the store; several are possible\n"
          "    -o, --output WHERE      type=image             the store (default)\n"
          "                            type=oci,dest=FILE     an OCI archive; with\n"
          "                                tar=false a folder in the OCI image layout\n"
          "                            type=docker,dest=FILE  for docker load\n"
          "                            type=tar,dest=FILE     the files; or FILE.tar, or -\n"
          "                            type=local,dest=DIR    the files; or just DIR\n"
          "    --iidfile FILE          write the image's ID there\n"
          "    --metadata-file FILE    write its digests and names there, as JSON\n"
          "    --reproducible          times in the image are those of SOURCE_DATE_EPOCH,\n"
          "                            or 1970: the same input gives the same digest\n"
          "\n"
          "The store is $IXIAN_STORE, else $XDG_DATA_HOME/ixian, else /var/lib/ixian for\n"
          "root and ~/.local/share/ixian for others. `ix image prune` makes room in it.",
          ProjectUse::kIfItLoads,
          run_build};
}

}  // namespace ixian::cli
