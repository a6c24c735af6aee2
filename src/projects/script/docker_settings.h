// What CONFIG.DOCKER says of images, as the program works with it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace ixian::script {

// Variables are replaced; everything is checked where it is used.
struct DockerSettings {
  std::string push;                     // DOCKER.PUSH: "never", "final", "stages", "all"
  std::vector<std::string> cache_from;  // DOCKER.CACHE_FROM: repositories
  std::string cache_repository;         // DOCKER.CACHE_REPOSITORY; "" is each image's own
  std::string engine;                   // DOCKER.ENGINE: "embedded", "docker"
  std::string network;                  // DOCKER.BUILD_NETWORK: "default", "none", "host"
  std::string memory;                   // DOCKER.BUILD_MEMORY; "" is unset, here and below
  std::string pids_limit;               // DOCKER.BUILD_PIDS_LIMIT
  std::string shm_size;                 // DOCKER.BUILD_SHM_SIZE
  std::vector<std::string> ulimits;     // DOCKER.BUILD_ULIMITS
  std::string fetch_limit;              // DOCKER.FETCH_LIMIT
  std::string fetch_timeout;            // DOCKER.FETCH_TIMEOUT
  std::string branch;                   // DOCKER.BRANCH: the label of what is pushed; "" is to be found out
};

// DOCKER.PUSH_PATIENCE: for how long a push that fails is tried again. The same rules.
std::chrono::seconds push_patience();

// Of the project that has been loaded. Throws Error{kProject}. Takes the GIL.
DockerSettings image_settings();

}  // namespace ixian::script
