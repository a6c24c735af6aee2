// `ix init`: the first files of a project.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "app/init_files.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/global_flags.h"
#include "cli/print.h"
#include "commands/table.h"
#include "files/fs.h"

namespace ixian::commands {
namespace {

bool is_there(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

// Where nothing is: whoever was quicker keeps theirs.
void create(const std::string& path, const std::string& name, const std::string& text) {
  const files::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  const auto fail = [&] {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("cannot write {}: {}", name, base::errno_text(errno)));
  };
  if (fd.get() < 0) fail();
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(fd.get(), text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    done += static_cast<std::size_t>(count);
  }
}

std::string next_step(const app::DetectedProject& found) {
  std::string text =
      "\nCheck ixian.py and the Dockerfiles, then run:\n\n    ix build_image    build the image\n";
  if (found.compose_file.empty()) {
    text += "    ix bash           open a shell in the development container\n";
  } else if (!found.service().empty()) {
    text += fmt::format("    ix bash           open a shell in the service {} of {}\n", found.service(),
                        found.compose_file);
  }
  if (found.django()) text += "    ix manage check   run manage.py there\n";
  if (!found.compose_file.empty() && found.service().empty()) {
    text += fmt::format("\nhint: name the service of {} to develop in with CONFIG.DOCKER.DEFAULT_APP\n",
                        found.compose_file);
  }
  if (!found.compose_file.empty() && !found.compose_takes_image) {
    text += fmt::format(
        "\nhint: write `image: ${{DOCKER_IMAGE}}` into that service of {} to run the image that ix builds\n",
        found.compose_file);
  }
  if (found.npm && !found.lock)
    text +=
        "\nhint: create package-lock.json with `npm install --package-lock-only`, so that equal cache keys "
        "mean equal packages\n";
  return text;
}

int run_init(const CommandContext& context) {
  const bool dry = context.options.dry_run;
  const std::string folder = files::current_directory();
  if (is_there(folder + "/ixian.py") && !dry) {
    throw base::Error(base::ErrorCode::kUsage,
                      "ixian.py exists in this directory, and `ix init` overwrites nothing\nhint: `ix init "
                      "--dry-run` shows what it would write");
  }
  const app::DetectedProject found = app::detect_project(folder);
  std::vector<std::string> written;
  std::vector<std::string> kept;
  std::string text;
  for (const app::NewFile& file : app::first_files(found)) {
    // Under any of compose's four names there is one.
    const bool compose = file.name == "docker-compose.yml";
    if (is_there(folder + "/" + file.name) || (compose && !found.compose_file.empty())) {
      kept.push_back(file.name);
      if (!dry) continue;
    }
    if (dry) {
      text += fmt::format("# ---- {}{}\n{}\n", file.name,
                          kept.empty() || kept.back() != file.name ? "" : " (exists, not overwritten)",
                          file.text);
    } else {
      create(folder + "/" + file.name, file.name, file.text);
      written.push_back(file.name);
    }
  }
  if (!dry) {
    text = fmt::format("wrote {}\n", base::join(written, ", "));
    if (!kept.empty()) text += fmt::format("not overwritten: {}\n", base::join(kept, ", "));
    text += next_step(found);
  }
  cli::print(text);
  return 0;
}

cli::CommandSpec init_spec() {
  return {.description =
              "Looks at what is in this directory (`package.json`, `requirements.txt`, `pyproject.toml`, "
              "`manage.py`, `webpack.config.js`) and writes an `ixian.py` that loads the modules for it, and "
              "a `Dockerfile`, `Dockerfile.base`, `.dockerignore` and `docker-compose.yml` where there are "
              "none. It overwrites nothing: where there is an `ixian.py`, it ends with exit code 2. With "
              "`--dry-run` it prints the files instead.",
          .obeys = cli::kOnlyAsks};
}

}  // namespace

Command init_command() {
  return {"init", "Create a project in this directory", ProjectUse::kIfItLoads, init_spec, run_init};
}

}  // namespace ixian::commands
