#include "commands/candidates.h"

#include <set>

#include "app/registry_clients.h"
#include "app/workspace.h"
#include "auth/docker_logins.h"
#include "base/error.h"
#include "dockerfile/dockerfile.h"
#include "files/fs.h"
#include "files/text_file.h"
#include "store/folder.h"
#include "store/store.h"

namespace ixian::commands {
namespace {

// Of the Dockerfile that the words so far lead to.
std::vector<cli::Candidate> stages_of_line(const cli::ParsedCommand& line) {
  const std::string context =
      files::absolute_path(line.arguments.empty() ? "." : line.arguments.front(), files::current_directory());
  const auto named = line.value("--file");
  const std::string path =
      named ? files::absolute_path(*named, files::current_directory()) : context + "/Dockerfile";
  const auto text = files::read_text(path, context);
  if (!text) return {};
  std::vector<cli::Candidate> found;
  if (const auto file = dockerfile::parse_until_error(*text, path)) {
    for (const dockerfile::Stage& stage : file->stages) {
      if (!stage.name.empty()) found.push_back({stage.written_name, "FROM " + stage.base.text});
    }
  }
  return found;
}

std::vector<cli::Candidate> project_stages(app::Workspace* workspace) {
  std::vector<cli::Candidate> found;
  if (workspace == nullptr) return found;
  for (const task::Task& task : workspace->graph().tasks()) {
    if (!task.is_image()) continue;
    try {
      found.push_back({task.image_stage().name, task.short_description});
    } catch (const base::Error&) {
      // What is wrong with it is said by whoever builds it.
    }
  }
  return found;
}

// "docker.io/library/app:1" is offered as people write it.
std::vector<cli::Candidate> stored_images(base::Cancellation& cancellation, bool repositories) {
  const std::string folder = store::default_folder();
  if (!store::Folder(folder).exists()) return {};
  std::set<std::string> names;
  for (const store::ImageName& each :
       store::Store::open(folder, cancellation, {.only_reads = true})->names()) {
    const std::size_t colon = each.name.rfind(':');
    const std::string name = repositories ? each.name.substr(0, colon) : each.name;
    names.insert("store:" + (name.starts_with("docker.io/library/") ? name.substr(18)
                             : name.starts_with("docker.io/")       ? name.substr(10)
                                                                    : name));
  }
  std::vector<cli::Candidate> found;
  for (const std::string& name : names) found.push_back({name, ""});
  return found;
}

std::vector<cli::Candidate> named(const std::vector<std::string>& names) {
  std::vector<cli::Candidate> found;
  for (const std::string& name : names) found.push_back({name, ""});
  return found;
}

// "copy" of `ix help image copy`.
std::vector<cli::Candidate> parts_of(const std::string& name) {
  std::vector<cli::Candidate> found;
  if (const Command* command = find_command(name)) {
    const cli::CommandSpec spec = spec_of(*command);
    for (const cli::CommandSpec& part : spec.subcommands)
      found.push_back({std::string(part.name), std::string(part.summary)});
  }
  return found;
}

std::vector<cli::Candidate> find_any(cli::Completer what, const cli::ParsedCommand& line,
                                     const CommandContext& context) {
  const bool in_project = context.workspace != nullptr;
  app::RegistryClients access(context.sink, context.cancellation, context.workspace);
  switch (what) {
    case cli::Completer::kTask:
    case cli::Completer::kTopic:
      if (!line.arguments.empty()) return parts_of(line.arguments.front());
      return task_candidates(context.workspace, what == cli::Completer::kTopic);
    case cli::Completer::kStage:
      return stages_of_line(line);
    case cli::Completer::kProjectStage:
      return project_stages(context.workspace);
    case cli::Completer::kImage:
      return stored_images(context.cancellation, false);
    case cli::Completer::kRepository: {
      auto found = stored_images(context.cancellation, true);
      if (in_project) {
        for (const std::string& each : access.project_repositories()) found.push_back({each, ""});
      }
      return found;
    }
    case cli::Completer::kHost:
      return named(in_project ? access.registries().hosts() : auth::docker_hosts().hosts);
    case cli::Completer::kPlatform:
      return named({"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/386",
                    "linux/ppc64le", "linux/riscv64", "linux/s390x"});
    case cli::Completer::kNothing:
    case cli::Completer::kFile:
    case cli::Completer::kDirectory:
      break;
  }
  return {};
}

}  // namespace

std::vector<cli::Candidate> find_candidates(cli::Completer what, const cli::ParsedCommand& line,
                                            const CommandContext& context) {
  try {
    return find_any(what, line, context);
  } catch (const std::exception&) {
    return {};
  }
}

std::vector<cli::Candidate> task_candidates(app::Workspace* workspace, bool with_commands) {
  std::vector<cli::Candidate> found;
  std::set<std::string> names;
  if (workspace != nullptr) {
    for (const task::Task& task : workspace->graph().tasks()) {
      if (!task.in_context) continue;
      found.push_back({task.name, task.short_description});
      names.insert(task.name);
    }
  }
  if (!with_commands) return found;
  // A task of the project's own takes the place of a command.
  for (const Command& command : commands()) {
    if (!command.hidden && !names.contains(std::string(command.name)))
      found.push_back({std::string(command.name), std::string(command.summary)});
  }
  return found;
}

}  // namespace ixian::commands
