#include "build_context/main_context.h"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <utility>

#include "base/source_text.h"
#include "base/text.h"
#include "build_context/usage_error.h"
#include "context/file_view.h"
#include "files/fs.h"
#include "files/text_file.h"

namespace ixian::build_context {
namespace {

using Kind = ContextSource::Kind;

constexpr const char* kUsualNames[] = {"Dockerfile", "dockerfile", "Containerfile"};

class MainOpener {
 public:
  MainOpener(const MainContext& main, const ContextTools& tools, engine::StageJob& job)
      : main_(main), tools_(tools), job_(job) {}

  std::shared_ptr<const void> run() {
    const bool from_input = main_.source.kind == Kind::kStandardInput;
    if (from_input && main_.file == "-")
      usage("the build context and the Dockerfile cannot both be standard input\nhint: leave out `-f -`");
    OpenedContext context = open_context(main_.source, tools_);
    job_.context = context.folder;
    job_.has_ignore_file = context.is_local;
    if (context.dockerfile) {
      if (!main_.file.empty()) {
        usage(
            fmt::format("{} is a Dockerfile, and --file names another one\nhint: leave out --file, or name "
                        "a build context",
                        main_.source.shown));
      }
      set("Dockerfile", "", *std::move(context.dockerfile));
    } else {
      read_dockerfile(context);
    }
    return std::move(context.kept);
  }

 private:
  void set(std::string name, std::string path, std::string text) {
    job_.dockerfile_name = std::move(name);
    job_.dockerfile_path = std::move(path);
    job_.dockerfile = std::move(text);
  }

  void read_dockerfile(const OpenedContext& context) {
    const std::string& file = main_.file;
    if (file == "-") return set("Dockerfile", "", read_text_of_standard_input(tools_.cancellation));
    if (is_http_url(file)) return set("Dockerfile", "", download(file));
    if (file.empty()) return find_dockerfile(context);
    const bool of_this_machine = context.is_local || file.starts_with('/');
    const std::string path = of_this_machine ? files::absolute_path(file, main_.here)
                                             : context.folder + "/" + context::clean_in_root("/" + file);
    auto text = files::read_text(path, context.folder);
    if (!text) {
      usage(of_this_machine
                ? fmt::format("Dockerfile not found: {}", base::shown(file))
                : fmt::format("Dockerfile not found in {}: {}", main_.source.shown, base::shown(file)));
    }
    set(file, path, *std::move(text));
  }

  void find_dockerfile(const OpenedContext& context) {
    for (const char* name : kUsualNames) {
      const std::string path = context.folder + "/" + name;
      auto text = files::read_text(path, context.folder);
      if (!text) continue;
      return set(name, path, *std::move(text));
    }
    usage(fmt::format("no Dockerfile in {}\nhint: name it with -f", main_.source.shown));
  }

  std::string download(const std::string& url) const {
    std::optional<stages::RemoteSource> remote;
    try {
      remote = stages::remote_source(url, "", std::nullopt);
    } catch (const std::invalid_argument& error) {
      usage(fmt::format("invalid value for --file: {}", error.what()));
    }
    if (!remote || !remote->url) {
      usage(
          fmt::format("invalid value for --file: {} is a git repository\nhint: name it as the build "
                      "context, and the path in it with --file",
                      remote->shown()));
    }
    const ContextSource source{Kind::kUrl, "", remote, url, remote->shown()};
    OpenedContext opened = open_context(source, tools_);
    if (!opened.dockerfile) usage(fmt::format("{} is an archive, not a Dockerfile", source.shown));
    return *std::move(opened.dockerfile);
  }

  const MainContext& main_;
  const ContextTools& tools_;
  engine::StageJob& job_;
};

}  // namespace

std::shared_ptr<const void> open_main_context(const MainContext& main, const ContextTools& tools,
                                              engine::StageJob& job) {
  return MainOpener(main, tools, job).run();
}

}  // namespace ixian::build_context
