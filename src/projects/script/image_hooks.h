// What Python code may ask about images of the rest of the program.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "task/stage_declaration.h"

namespace ixian::script {

// An image that Python code describes itself, without a declared stage.
struct AdHocImage {
  std::string name;  // with a tag
  task::StageDeclaration stage;
  bool pull = true;    // look for it in the registry first
  bool force = false;  // build it whatever is there
};

// Called by any thread, without the GIL; what they throw becomes a Python exception. Names are references as
// text.
struct ImageHooks {
  // Makes sure that the image of an image task is somewhere, as the plan says: the body of its execute().
  std::function<void(const std::string& task)> make_stage;

  // The name of an image task's image, with its key.
  std::function<std::string(const std::string& task)> stage_image;

  std::function<bool(const std::string& name)> exists_here;  // in the engine
  std::function<bool(const std::string& name)>
      exists_in_registry;  // throws Error{kRegistry} where it cannot be asked
  std::function<bool(const std::string& name)>
      complete_in_registry;  // it, and all its parts; a push sends what is missing
  std::function<void(const std::string& name)>
      pull;  // into the engine; throws Error{kRegistry} where it is not there
  std::function<void(const std::string& name)> push;     // throws Error{kRegistry}
  std::function<bool(const std::string& name)> remove;   // from the engine; false: it was not there
  std::function<void(const AdHocImage& request)> build;  // always builds, and names it

  // Makes the image known to the Docker daemon, from the engine or the registry, if it does not have it.
  // Throws Error{kRegistry} where the image is nowhere, Error{kTaskFailed} where there is no daemon.
  std::function<void(const std::string& name)> load_into_docker;

  // Writes the image, which is in the engine, into a file for `docker load`.
  std::function<void(const std::string& name, const std::string& file)> save;

  std::function<bool(const std::string& name)> volume_exists;  // of Docker; false where there is no Docker
};

}  // namespace ixian::script
