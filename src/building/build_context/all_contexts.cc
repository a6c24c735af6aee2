#include "build_context/all_contexts.h"

#include <algorithm>
#include <utility>

#include "dockerfile/go_values.h"

namespace ixian::build_context {
namespace {

// As BuildKit has it, for whoever wants to know its commit from within.
bool keeps_git_dir(const engine::StageJob& job) {
  const auto given = job.build_args.find("BUILDKIT_CONTEXT_KEEP_GIT_DIR");
  return given != job.build_args.end() && dockerfile::parse_bool(given->second).value_or(false);
}

}  // namespace

bool ContextRequest::is_all_here() const {
  const auto is_directory = [](const ContextSource& source) {
    return source.kind == ContextSource::Kind::kDirectory;
  };
  return is_directory(main.source) && !is_http_url(main.file) &&
         std::all_of(named.begin(), named.end(), [&](const NamedSource& each) {
           return each.kind != NamedSource::Kind::kFiles || is_directory(each.files) ||
                  each.files.is_remote();  // fetched by the engine
         });
}

OpenedContexts open_contexts(const ContextRequest& request, const ContextTools& tools,
                             engine::StageJob& job) {
  MainContext main = request.main;
  if (auto& remote = main.source.remote; remote && remote->git && keeps_git_dir(job))
    remote->keep_git_dir = remote->git->keep_git_dir.value_or(true);
  OpenedContexts opened;
  opened.kept.push_back(open_main_context(main, tools, job));
  OpenedNames named = open_named_sources(request.named, tools);
  job.contexts = std::move(named.contexts);
  opened.layouts = std::move(named.layouts);
  opened.kept.insert(opened.kept.end(), named.kept.begin(), named.kept.end());
  return opened;
}

}  // namespace ixian::build_context
