// What Dockerfiles take from outside the project, asked for together: the digests of foreign images, what
// those set and trigger that a Dockerfile stands on, and what an ADD finds elsewhere.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "keys/dockerfile_inputs.h"
#include "keys/stage_key.h"
#include "keys/stage_loader.h"

namespace ixian::keys {

// Each is asked for once. Not thread-safe; asks many things at once.
class OutsideInputs {
 public:
  using Image = std::pair<std::string, std::string>;  // its name, a platform

  // Calls its second argument, and marks an Error that it throws as one of the stage. By any thread.
  using Blame = std::function<void(const LoadedStage&, const std::function<void()>&)>;

  // `callbacks` outlives it.
  OutsideInputs(const KeyCallbacks& callbacks, Blame blame)
      : callbacks_(callbacks), blame_(std::move(blame)) {}

  // Asks for what these stages take from outside. Returns whether anything new is known of an image that a
  // Dockerfile stands on: then the Dockerfiles say more than before.
  bool ask(const std::vector<LoadedStage*>& stages);

  // What is known of an image without asking anybody; null: nothing.
  const BaseFacts* known_base(const std::string& image, const std::string& platform);

  // Asks, where it is not known.
  std::string digest(const DockerfileInputs::Image& image, const std::string& real_name);

  // Null before it has been asked for.
  const std::string* identity(const stages::RemoteSource& what) const;

 private:
  struct ImageRequest {
    const LoadedStage* stage = nullptr;
    std::string digest;
    bool base = false;  // a Dockerfile stands on it
    std::optional<BaseFacts> facts;
  };
  struct RemoteRequest {
    const DockerfileInputs::Remote* remote = nullptr;
    const LoadedStage* stage = nullptr;
    std::string answer;
  };

  std::map<Image, ImageRequest> unknown_images(const std::vector<LoadedStage*>& stages) const;
  std::vector<RemoteRequest> unknown_remotes(const std::vector<LoadedStage*>& stages) const;
  void send(const Image& image, ImageRequest& request) const;
  void send(RemoteRequest& request) const;

  const KeyCallbacks& callbacks_;
  const Blame blame_;
  std::map<Image, std::string> digests_;
  std::map<Image, BaseFacts> bases_;
  std::vector<std::pair<stages::RemoteSource, std::string>> remotes_;  // and what they are now
};

}  // namespace ixian::keys
