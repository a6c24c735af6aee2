// What instructions make of an image's configuration, on the document itself: what a base image has and we do
// not know stays. What says how the base was made goes, since it is not true of the new image.
#include "steps/image_config_builder.h"

#include <variant>

#include "context/file_view.h"
#include "dockerfile/run_command.h"

namespace ixian::steps {

using base::Json;

// One case an instruction; those that are not here leave the configuration alone.
struct ImageConfigBuilder::Applier {
  ImageConfigBuilder& settings;
  Json& runtime = settings.runtime();

  template <typename Other>
  void operator()(const Other&) const {}

  void operator()(const dockerfile::Cmd& cmd) const {
    runtime["Cmd"] = dockerfile::argv(cmd.command, settings.shell());
    settings.has_cmd_ = true;
  }
  void operator()(const dockerfile::Entrypoint& entrypoint) const {
    runtime["Entrypoint"] = dockerfile::argv(entrypoint.command, settings.shell());
    // A base's CMD belongs to the base's ENTRYPOINT.
    if (!settings.has_cmd_) runtime.erase("Cmd");
  }
  void operator()(const dockerfile::Expose& expose) const {
    for (const std::string& port : expose.ports) runtime["ExposedPorts"][port] = Json::object();
  }
  void operator()(const dockerfile::Healthcheck& check) const {
    Json json = {{"Test", dockerfile::healthcheck_test(check)}};
    if (check.interval.count() != 0) json["Interval"] = check.interval.count();
    if (check.timeout.count() != 0) json["Timeout"] = check.timeout.count();
    if (check.start_period.count() != 0) json["StartPeriod"] = check.start_period.count();
    if (check.start_interval.count() != 0) json["StartInterval"] = check.start_interval.count();
    if (check.retries != 0) json["Retries"] = check.retries;
    runtime["Healthcheck"] = std::move(json);
  }
  void operator()(const dockerfile::Label& label) const {
    for (const auto& each : label.labels) settings.set_label(each.key.text, each.value.text);
  }
  void operator()(const dockerfile::Maintainer& maintainer) const {
    settings.document_["author"] = maintainer.name;
  }
  void operator()(const dockerfile::OnBuild& onbuild) const { runtime["OnBuild"].push_back(onbuild.trigger); }
  void operator()(const dockerfile::Shell& shell) const { runtime["Shell"] = shell.words; }
  void operator()(const dockerfile::StopSignal& stop) const { runtime["StopSignal"] = stop.signal.text; }
  void operator()(const dockerfile::User& user) const { runtime["User"] = user.user.text; }
  void operator()(const dockerfile::Volume& volume) const {
    for (const auto& path : volume.paths) runtime["Volumes"][path.text] = Json::object();
  }
  void operator()(const dockerfile::Workdir& workdir) const {
    runtime["WorkingDir"] = "/" + context::clean_in_root(settings.absolute(workdir.path.text));
  }
};

ImageConfigBuilder::ImageConfigBuilder(const oci::Platform& platform) : document_(oci::to_json(platform)) {
  document_["config"] = {{"WorkingDir", "/"}};
}

ImageConfigBuilder::ImageConfigBuilder(const oci::ImageConfig& base) : document_(base.document) {
  // What says how the base was made, or is made anew for each image.
  for (const char* key : {"rootfs", "history", "created", "container", "container_config", "docker_version",
                          "parent", "id", "Size", "moby.buildkit.buildinfo.v1"}) {
    document_.erase(key);
  }
  if (!document_.contains("config") || !document_["config"].is_object()) document_["config"] = Json::object();
  // Of whoever made the base, and no part of what an image is.
  for (const char* key : {"Hostname", "Domainname", "Image"}) runtime().erase(key);
  begin_stage();
}

void ImageConfigBuilder::begin_stage() {
  triggers_ = texts("OnBuild");
  runtime().erase("OnBuild");
  has_cmd_ = false;
}

void ImageConfigBuilder::apply(const dockerfile::Instruction& instruction) {
  std::visit(Applier{*this}, instruction.body);
}

void ImageConfigBuilder::set_environment(const std::vector<std::string>& environment) {
  if (!environment.empty()) runtime()["Env"] = environment;
}

void ImageConfigBuilder::set_label(const std::string& name, const std::string& value) {
  if (!runtime()["Labels"].is_object()) runtime()["Labels"] = Json::object();
  runtime()["Labels"][name] = value;
}

void ImageConfigBuilder::unset(const std::set<std::string>& labels, const std::set<std::string>& variables) {
  if (const auto found = runtime().find("Labels"); found != runtime().end() && found->is_object())
    for (const std::string& name : labels) found->erase(name);
  if (variables.empty() || environment().empty()) return;
  Json left = Json::array();
  for (const std::string& each : environment())
    if (!variables.contains(each.substr(0, each.find('=')))) left.push_back(each);
  runtime()["Env"] = std::move(left);
}

std::string ImageConfigBuilder::text(const char* key) const {
  const Json& runtime = document_.at("config");
  const auto found = runtime.find(key);
  return found != runtime.end() && found->is_string() ? found->get<std::string>() : "";
}

std::vector<std::string> ImageConfigBuilder::texts(const char* key) const {
  const Json& runtime = document_.at("config");
  const auto found = runtime.find(key);
  std::vector<std::string> all;
  if (found == runtime.end() || !found->is_array()) return all;
  for (const Json& each : *found) {
    if (each.is_string()) all.push_back(each.get<std::string>());
  }
  return all;
}

std::string ImageConfigBuilder::workdir() const {
  return "/" + context::clean_in_root(text("WorkingDir"));
}

std::string ImageConfigBuilder::absolute(const std::string& path) const {
  if (path.starts_with('/')) return path;
  const std::string workdir_path = workdir();
  if (path.empty()) return workdir_path;
  return (workdir_path == "/" ? "" : workdir_path) + "/" + path;
}

}  // namespace ixian::steps
