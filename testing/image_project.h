// Image tasks in memory whose build contexts lie in a folder.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "base/sha256.h"
#include "keys/stage_key.h"
#include "testing/recording_sink.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

// Change what is declared, or a file, and ask again: every key() is that of a new ix process.
class ImageProject {
 public:
  explicit ImageProject(std::string repository = "registry.local/shop/web")
      : repository_(std::move(repository)) {}

  // The task build_NAME. It is offered the images of the stages `on` as NAME_IMAGE.
  task::StageDeclaration& add(const std::string& name, const std::string& dockerfile,
                              const std::vector<std::string>& on = {}) {
    task::StageDeclaration& stage = stages_[name];
    if (stage.name.empty()) order_.push_back(name);
    stage.name = name;
    stage.repository = repository_;
    stage.dockerfile = dockerfile;
    stage.dockerfile_name = "Dockerfile." + name;
    stage.context = folder.path();
    for (const std::string& below : on) {
      std::string argument = below + "_IMAGE";
      for (char& c : argument) c = static_cast<char>(::toupper(c));
      stage.stage_args.push_back({argument, "build_" + below, task::StageArgument::Part::kImage});
    }
    return stage;
  }
  task::StageDeclaration& operator[](const std::string& name) { return stages_.at(name); }

  // A file of the context, in folders that are made.
  void write(const std::string& path, const std::string& content, bool executable = false) const {
    std::filesystem::create_directories(std::filesystem::path(folder / path).parent_path());
    folder.write(path, content, executable);
  }

  task::TaskGraph graph() {
    std::vector<task::Task> tasks = others;
    for (const std::string& name : order_) {
      task::Task task;
      task.name = "build_" + name;
      task.execute = [](const task::TaskCall&) {};
      task.image_stage = [this, name] { return stages_.at(name); };
      for (const auto& argument : stages_.at(name).stage_args) task.depends.push_back(argument.task);
      for (const auto& below : depends[name]) task.depends.push_back(below);
      tasks.push_back(std::move(task));
    }
    return task::TaskGraph(std::move(tasks));
  }

  keys::KeyCallbacks sources() {
    return {[this](const std::string& image, const std::string& platform) {
              std::lock_guard lock(mutex_);
              asked.push_back(image + " " + platform);
              const auto found = digests.find(image);
              return "sha256:" + (found == digests.end() ? base::sha256_hex(image) : found->second);
            },
            [this](const std::string& digest, const std::string& platform) -> std::optional<keys::BaseFacts> {
              const std::lock_guard lock(mutex_);
              const auto found = known_bases.find(digest + " " + platform);
              return found == known_bases.end() ? std::nullopt : std::optional(found->second);
            },
            [this](const std::string& image, const std::string& digest, const std::string& platform) {
              const std::lock_guard lock(mutex_);
              asked_bases.push_back(image);
              keys::BaseFacts facts{{{}, true}, {}};
              if (const auto found = bases.find(image); found != bases.end()) facts = found->second;
              return known_bases[digest + " " + platform] = facts;
            },
            [this](const stages::RemoteSource& source) {
              const std::lock_guard lock(mutex_);
              asked_remotes.push_back(source.shown());
              return remotes[source.shown()];
            },
            [this](const std::vector<std::string>& patterns) {
              base::Json details = base::Json::object();
              for (const auto& pattern : patterns) details.update(files[pattern]);
              return details;
            },
            excluded,
            sink,
            cancellation};
  }

  keys::ResolvedStage keyed(const std::string& name) {
    const task::TaskGraph tasks = graph();
    return keys::StageResolver(tasks, sources()).of(tasks.find("build_" + name));
  }
  std::string key(const std::string& name) { return keyed(name).key; }
  base::Json inputs(const std::string& name) { return keyed(name).inputs; }

  // The names of what the image reads of its context.
  std::vector<std::string> reads(const std::string& name) {
    std::vector<std::string> paths;
    const base::Json document = inputs(name);
    for (const auto& [path, fact] : document["context"].items()) paths.push_back(path);
    return paths;
  }

  // "" where it can be named.
  std::string refusal(const std::string& name) {
    try {
      keyed(name);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "";
  }

  TempFolder folder;
  RecordingSink sink;
  base::Cancellation cancellation;
  std::vector<std::string> excluded;
  std::map<std::string, std::string> digests;    // of foreign images; others have one made of their name
  std::map<std::string, keys::BaseFacts> bases;  // of foreign images; others set and trigger nothing
  std::map<std::string, keys::BaseFacts> known_bases;  // what this machine knows: "digest platform" → facts
  std::vector<std::string> asked_bases;                // images, each question for what they mean
  std::map<std::string, std::string> remotes;          // address → what it is now
  std::vector<std::string> asked_remotes;
  std::map<std::string, base::Json> files;                  // pattern → details
  std::map<std::string, std::vector<std::string>> depends;  // stage → further tasks
  std::vector<task::Task> others;
  std::vector<std::string> asked;  // "image platform", each question for a digest

 private:
  const std::string repository_;
  std::mutex mutex_;
  std::map<std::string, task::StageDeclaration> stages_;
  std::vector<std::string> order_;
};

}  // namespace ixian::testing
