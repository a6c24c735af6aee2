// Between the Docker module and the image hooks: rows of plain values in one direction, so that no Python
// object is needed once the GIL is released. What is wrong in them is an error of the project, with the
// image's name.
#include "script/image_bindings.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/error.h"
#include "files/fs.h"
#include "oci/reference.h"
#include "script/session.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

std::map<std::string, std::string> to_map(const py::dict& values) {
  std::map<std::string, std::string> found;
  for (const auto& [name, value] : values) found[to_bytes(name)] = to_bytes(value);
  return found;
}

std::string in_project(const std::string& path) {
  return path.empty() ? path : files::absolute_path(path, session().folder);
}

task::StageArgument to_argument(const py::tuple& row) {
  using Part = task::StageArgument::Part;
  const std::string part = to_bytes(row[2]);
  return {to_bytes(row[0]), to_bytes(row[1]),
          part == "repository" ? Part::kRepository
          : part == "tag"      ? Part::kTag
                               : Part::kImage};
}

constexpr std::string_view kImages[] = {"docker-image://", "container-image://", "docker://"};

[[noreturn]] void refuse_context(const std::string& name, const std::string& why) {
  throw base::Error(base::ErrorCode::kProject, fmt::format("invalid build context {}: {}", name, why));
}

// One of `contexts`, as `--build-context` of `ix build` has them.
task::StageContext to_context(const std::string& name, const std::string& value) {
  task::StageContext context{name};
  for (const std::string_view scheme : kImages) {
    if (!value.starts_with(scheme)) continue;
    context.image = value.substr(scheme.size());
    try {
      oci::parse_reference(context.image);
    } catch (const base::Error& error) {
      refuse_context(name, error.advised());
    }
    return context;
  }
  if (value.empty()) refuse_context(name, "it is empty (expected: a directory, a URL or docker-image://…)");
  if (value.starts_with("oci-layout://")) {
    refuse_context(name,
                   "an image task reads no oci-layout://\nhint: copy the image into a registry or the store "
                   "(`ix image copy`), and write docker-image://REFERENCE");
  }
  if (value.starts_with("github.com/"))
    refuse_context(name, "it has no scheme\nhint: write https://" + value + ".git");
  const std::size_t colon = value.find(':');
  const std::size_t at = value.find('@');
  const bool remote =
      value.find("://") != std::string::npos ||
      (at != std::string::npos && colon != std::string::npos && at < colon && value.find('/') > at);
  if (remote) {
    context.remote = value;
  } else {
    context.folder = in_project(value);
  }
  return context;
}

void require_repository(const std::string& name) {
  try {
    const auto reference = oci::parse_reference(name);
    if (reference.tag.empty() && !reference.digest) return;
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorCode::kProject,
                      fmt::format("its repository is '{}': {}", name, error.advised()));
  }
  throw base::Error(
      base::ErrorCode::kProject,
      fmt::format(
          "its repository is '{}', which has a tag\nhint: leave it out: the tag follows from the stage",
          name));
}

// A hook that takes a name and answers nothing, or something that Python knows.
template <typename Hook>
void add_name_function(py::module_& module, const char* name, Hook ImageHooks::*hook) {
  module.def(name, [hook](py::str text) {
    const std::string bytes = to_bytes(text);
    py::gil_scoped_release release;
    return (session().hooks.images.*hook)(bytes);
  });
}

void build_image(const py::dict& request) {
  AdHocImage wanted;
  wanted.name = to_bytes(request["name"]);
  try {
    wanted.stage = to_image_stage(request["stage"]);
  } catch (const base::Error& error) {
    throw base::Error(error.code(), fmt::format("image {}: {}", wanted.name, error.advised()));
  }
  wanted.pull = request["pull"].cast<bool>();
  wanted.force = request["force"].cast<bool>();
  py::gil_scoped_release release;
  session().hooks.images.build(wanted);
}

}  // namespace

task::StageDeclaration to_image_stage(py::handle declaration) {
  const auto said = py::reinterpret_borrow<py::dict>(declaration);
  const auto text = [&](const char* key) { return to_bytes(said[key]); };
  task::StageDeclaration stage;
  stage.name = text("name");
  stage.repository = text("repository");
  require_repository(stage.repository);
  stage.dockerfile = text("dockerfile");
  stage.dockerfile_name = text("dockerfile_name");
  stage.dockerfile_path = in_project(text("dockerfile_path"));
  stage.context = in_project(text("context"));
  for (const auto& [name, value] : to_map(said["contexts"]))
    stage.contexts.push_back(to_context(name, value));
  stage.target = text("target");
  stage.platform = text("platform");
  stage.build_args = to_map(said["build_args"]);
  for (py::handle row : said["stage_args"]) {
    stage.stage_args.push_back(to_argument(py::reinterpret_borrow<py::tuple>(row)));
  }
  stage.files = to_strings(said["files"]);
  stage.secrets = to_map(said["secrets"]);
  stage.ssh = to_strings(said["ssh"]);
  return stage;
}

void add_image_functions(py::module_& module) {
  add_name_function(module, "make_stage", &ImageHooks::make_stage);
  module.def("stage_image", [](py::str text) {
    const std::string task = to_bytes(text);
    std::string image;
    {
      py::gil_scoped_release release;
      image = session().hooks.images.stage_image(task);
    }
    return from_bytes(image);
  });
  add_name_function(module, "image_exists_here", &ImageHooks::exists_here);
  add_name_function(module, "image_exists_in_registry", &ImageHooks::exists_in_registry);
  add_name_function(module, "image_is_complete_in_registry", &ImageHooks::complete_in_registry);
  add_name_function(module, "pull_image", &ImageHooks::pull);
  add_name_function(module, "push_image", &ImageHooks::push);
  add_name_function(module, "remove_image", &ImageHooks::remove);
  add_name_function(module, "load_into_docker", &ImageHooks::load_into_docker);
  module.def("save_image", [](py::str name, py::str file) {
    const std::string image = to_bytes(name);
    const std::string path = to_bytes(file);
    py::gil_scoped_release release;
    session().hooks.images.save(image, path);
  });
  add_name_function(module, "volume_exists", &ImageHooks::volume_exists);
  module.def("build_image", &build_image);
}

}  // namespace ixian::script
