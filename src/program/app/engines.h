// The engines that can build images, one row each.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "app/registry_clients.h"
#include "base/cancel.h"
#include "engine/engine.h"
#include "fetch/fetcher.h"
#include "oci/losses.h"
#include "oci/open_repo.h"
#include "store/store.h"

namespace ixian::app {

// What an engine is made of. The references outlive it.
struct EngineParts {
  RegistryClients& registries;
  base::Cancellation& cancellation;

  // Of an engine that builds here alone.
  std::shared_ptr<store::Store> store;
  std::shared_ptr<fetch::Fetcher> fetcher;  // of ADD
  oci::OpenRepo open_repo;                  // base images, and the caches that are read
  oci::OpenRepo open_for_push;              // the cache that is written
  std::shared_ptr<oci::Losses> losses;      // null: nobody else asks the registries
};

struct EngineType {
  std::string_view name;     // of --engine and DOCKER.ENGINE
  std::string_view summary;  // for the help
  // Who builds instead of this process, keeping the images to itself: "Docker daemon", and the variable that
  // holds its address. "" for an engine that builds here, into ix's own store.
  std::string_view daemon;
  std::string_view address_variable;
  std::unique_ptr<engine::Engine> (*make)(EngineParts parts);

  bool builds_here() const { return daemon.empty(); }
};

// The first is the default.
const std::vector<EngineType>& engine_types();

// Null where there is none of that name.
const EngineType* find_engine_type(std::string_view name);

}  // namespace ixian::app
