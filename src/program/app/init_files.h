// What `ix init` finds in a folder, and the first files of a project that follow from it.
#pragma once

#include <string>
#include <vector>

namespace ixian::app {

// What a folder holds, as far as modules are about it.
struct DetectedProject {
  std::string name;           // of the project: the folder's, as images and Python can have it
  bool requirements = false;  // requirements.txt
  bool pyproject = false;     // pyproject.toml
  bool manage = false;        // manage.py
  std::string settings;       // what manage.py sets DJANGO_SETTINGS_MODULE to: "shop.settings"; "" is unknown
  bool npm = false;           // package.json
  bool lock = false;          // package-lock.json or npm-shrinkwrap.json
  std::string webpack_config;              // its file, "" where there is none
  std::vector<std::string> webpack_files;  // what else it reads beside itself: tsconfig.json, …
  std::vector<std::string> source_dirs;    // folders that webpack compiles
  std::vector<std::string>
      tools;  // modules of tools that package.json or requirements.txt names: "eslint", "pytest"

  std::string compose_file;           // one that is there already, "" is none
  std::vector<std::string> services;  // that it has, as far as that can be told
  bool compose_takes_image = false;   // it says ${DOCKER_IMAGE} somewhere

  // The service to develop in: "app" in a file of ours; "" where nothing can be told.
  std::string service() const;

  bool python() const { return requirements || pyproject || manage; }
  bool django() const { return manage; }
  bool webpack() const { return npm && !webpack_config.empty(); }
  std::string root_module() const { return settings.substr(0, settings.find('.')); }
};

struct NewFile {
  std::string name;
  std::string text;
};

// Reads what it needs of the folder, and follows no links out of it. What cannot be read is as if it were not
// there.
DetectedProject detect_project(const std::string& folder);

// ixian.py first.
std::vector<NewFile> first_files(const DetectedProject& found);

}  // namespace ixian::app
