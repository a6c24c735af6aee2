// The files that a project begins with, as texts. They are written for a person to change: each setting
// stands with the reason for it, and what nothing in the folder asks for is left out instead of being
// commented out.
#include "app/init_files.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ixian::app {
namespace {

std::string python_list(const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  for (const std::string& value : values) quoted.push_back("\"" + value + "\"");
  return "[" + base::join(quoted, ", ") + "]";
}

std::string folder_in_image(const DetectedProject& found) {
  return "/srv/" + found.name;
}

std::string python_settings(const DetectedProject& found) {
  if (!found.python()) return "";
  std::string text =
      "\n    # Python packages; what pip compiles needs [\"build-essential\", \"python3-dev\"] here; wheels "
      "do not.\n";
  text += "    CONFIG.PYTHON.APT_PACKAGES = []\n";
  text += "    CONFIG.PYTHON.BIN = \"python3\"\n";
  if (found.requirements) {
    text += "    CONFIG.PYTHON.HOST_ETC = \"requirements*.txt\"\n";
  } else {
    text += fmt::format("    CONFIG.PYTHON.HOST_ETC = \"{}\"\n",
                        found.pyproject ? "pyproject.toml" : "manage.py");
    text += "    CONFIG.PYTHON.REQUIREMENTS_FILES = []\n";
  }
  text += "    CONFIG.PYTHON.IMAGE_FILES = [\"{PYTHON.HOST_ETC}\"]\n";
  if (!found.root_module().empty()) {
    if (found.root_module() != found.name)
      text += fmt::format("    CONFIG.PYTHON.ROOT_MODULE = \"{}\"\n", found.root_module());
    text += "    CONFIG.PYTHON.ROOT_MODULE_PATH = \"{DOCKER.APP_DIR}/{PYTHON.ROOT_MODULE}\"\n";
  } else {
    text += "    CONFIG.PYTHON.ROOT_MODULE_PATH = \"{DOCKER.APP_DIR}\"\n";
  }
  return text;
}

std::string django_settings(const DetectedProject& found) {
  if (!found.django() || found.settings.empty()) return "";
  return fmt::format(
      "\n    # Django's settings, for running and for tests\n    CONFIG.DJANGO.SETTINGS_MODULE = \"{0}\"\n   "
      " CONFIG.DJANGO.SETTINGS_FILE = \"{0}\"\n    CONFIG.DJANGO.SETTINGS_TEST = \"{0}\"\n",
      found.settings);
}

std::string npm_settings(const DetectedProject& found) {
  if (!found.npm) return "";
  return "\n    # npm packages\n    CONFIG.NPM.HOST_ETC = \".\"\n    CONFIG.NPM.PACKAGE_FILES = "
         "\"package*.json\"\n    CONFIG.NPM.IMAGE_FILES = [\"{NPM.PACKAGE_FILES}\"]\n";
}

std::string webpack_settings(const DetectedProject& found) {
  if (!found.webpack()) return "";
  std::vector<std::string> files = {found.webpack_config};
  files.insert(files.end(), found.webpack_files.begin(), found.webpack_files.end());
  std::string text =
      "\n    # Inputs of webpack: its configuration, files that this reads, and directories with sources\n";
  text += fmt::format("    CONFIG.WEBPACK.HOST_ETC = \"{}\"\n", base::join(files, " "));
  text += "    CONFIG.WEBPACK.ETC = \"{DOCKER.APP_DIR}\"\n";
  text += "    CONFIG.WEBPACK.CONFIG_DIR = \"{DOCKER.APP_DIR}\"\n";
  if (found.webpack_config != "webpack.config.js")
    text += fmt::format("    CONFIG.WEBPACK.CONFIG_FILE = \"{}\"\n", found.webpack_config);
  text += fmt::format("    CONFIG.WEBPACK.IMAGE_FILES = {}\n", python_list(files));
  text += fmt::format("    CONFIG.WEBPACK.SOURCE_DIRS = {}\n", python_list(found.source_dirs));
  return text;
}

std::vector<std::string> modules(const DetectedProject& found) {
  std::vector<std::string> names = {"docker"};
  if (found.python()) names.emplace_back("python");
  if (found.django()) names.emplace_back("django");
  if (found.npm) names.emplace_back("npm");
  if (found.webpack()) names.emplace_back("webpack");
  names.insert(names.end(), found.tools.begin(), found.tools.end());
  return names;
}

std::string project_text(const DetectedProject& found) {
  std::string text = fmt::format(
      "\"\"\"Images and tools of {0}: `ix help` lists them, `ix build_image` builds.\"\"\"\n\nfrom "
      "ixian.config import CONFIG\nfrom ixian.module import load_module\n\n\ndef init():\n    "
      "CONFIG.PROJECT_NAME = \"{0}\"\n",
      found.name);
  for (const std::string& name : modules(found))
    text += fmt::format("    load_module(\"ixian_docker.modules.{}\")\n", name);
  text +=
      "\n    # Where images are named: {REGISTRY}/{REGISTRY_PATH}/{PROJECT_NAME}. To share them, name a "
      "registry, and how it is\n"
      "    # reached in CONFIG.DOCKER.REGISTRIES; CONFIG.DOCKER.PUSH says what is pushed.\n"
      "    CONFIG.DOCKER.REGISTRY = \"localhost\"\n"
      "    CONFIG.DOCKER.REGISTRY_PATH = \"local\"\n"
      "\n    # The development container sees the project where the image has it.\n"
      "    CONFIG.DOCKER.PROJECT_DIR = \"{DOCKER.APP_DIR}\"\n";
  if (!found.compose_file.empty() && !found.service().empty() && found.service() != "app")
    text += fmt::format("    CONFIG.DOCKER.DEFAULT_APP = \"{}\"  # the service of {} to develop in\n",
                        found.service(), found.compose_file);
  return text + python_settings(found) + django_settings(found) + npm_settings(found) +
         webpack_settings(found);
}

std::string base_text(const DetectedProject& found) {
  std::vector<std::string> packages = {"ca-certificates"};
  if (found.python()) packages.insert(packages.end(), {"python3", "python3-venv"});
  if (found.npm) packages.insert(packages.end(), {"nodejs", "npm"});
  return fmt::format(
      "# Base image of all stages\nFROM debian:12-slim\nRUN apt-get update && \\\n    "
      "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {} && \\\n    rm -rf "
      "/var/lib/apt/lists/*\n",
      base::join(packages, " "));
}

std::string command_text(const DetectedProject& found) {
  if (found.django())
    return "EXPOSE 8000\nCMD [\"python3\", \"manage.py\", \"runserver\", \"0.0.0.0:8000\"]\n";
  if (found.python()) return "CMD [\"python3\"]\n";
  if (found.npm) return "CMD [\"npm\", \"start\"]\n";
  return "CMD [\"/bin/bash\"]\n";
}

// The last stage of the graph: what the others made, and the project's own files.
std::string dockerfile_text(const DetectedProject& found) {
  const std::string below = found.python() ? "PYTHON_IMAGE" : found.npm ? "NPM_IMAGE" : "BASE_IMAGE";
  std::string text = "# The project's image: the results of other stages, and its own files\n";
  text += "ARG " + below + "\n";
  if (found.webpack()) text += "ARG WEBPACK_IMAGE\nFROM $WEBPACK_IMAGE AS webpack\n";
  text += "\nFROM $" + below + "\n";
  text += "WORKDIR " + folder_in_image(found) + "\n";
  text += "COPY . .\n";
  if (found.webpack())
    text +=
        fmt::format("COPY --from=webpack {0}/compiled_static {0}/compiled_static\n", folder_in_image(found));
  if (found.pyproject && !found.requirements) text += "RUN pip install --no-cache-dir .\n";
  return text + command_text(found);
}

std::string ignore_text(const DetectedProject& found) {
  std::string text =
      "# Not part of any "
      "image\n.git\n.gitignore\n.dockerignore\n.env\n.builder\nixian.py\nDockerfile*\ndocker-compose*."
      "yml\ncompose*.yaml\n";
  if (found.python()) text += "**/__pycache__\n**/*.pyc\n.venv\n.pytest_cache\n*.sqlite3\n";
  if (found.npm) text += "node_modules\n";
  if (found.webpack()) text += "compiled_static\n";
  return text;
}

// The volumes are those that `ix` mounts for its tools, for `ix up` and for compose by itself.
std::string compose_text(const DetectedProject& found) {
  const std::string folder = folder_in_image(found);
  std::string text =
      "# The development container. ix sets DOCKER_IMAGE when it calls compose: `ix bash`, `ix up`, `ix "
      "down`.\n"
      "services:\n"
      "  app:\n"
      "    image: ${DOCKER_IMAGE}\n";
  text += "    working_dir: " + folder + "\n";
  text += "    volumes:\n      - .:" + folder + "\n";
  if (found.python()) text += "      - " + folder + "/.venv\n";
  if (found.npm) text += "      - " + folder + "/node_modules\n";
  if (found.django()) {
    text +=
        "    command: python3 manage.py runserver 0.0.0.0:8000\n"
        "    ports:\n"
        "      - \"8000:8000\"\n";
  } else {
    text += "    command: sleep infinity\n";
  }
  return text;
}

}  // namespace

std::vector<NewFile> first_files(const DetectedProject& found) {
  return {{"ixian.py", project_text(found)},
          {"Dockerfile", dockerfile_text(found)},
          {"Dockerfile.base", base_text(found)},
          {".dockerignore", ignore_text(found)},
          {"docker-compose.yml", compose_text(found)}};
}

}  // namespace ixian::app
