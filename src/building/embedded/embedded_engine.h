// The engine that needs no daemon: this program builds, with a local store and an OCI runtime.
//
// The front door of this room: the Engine that is ix itself. A PlannedBuild (planned_build.h) has the plan,
// the solver (solver.h) carries it out with stages side by side, a StageBuilder (stage_builder.h) goes
// through one stage, asking the caches first (cache_lookup.h).
#pragma once

#include <functional>
#include <memory>

#include "engine/engine.h"
#include "fetch/fetcher.h"
#include "oci/losses.h"
#include "snapshot/base_images.h"
#include "store/store.h"

namespace ixian::embedded {

// What it has from outside.
struct EngineServices {
  std::shared_ptr<store::Store> store;
  oci::OpenRepo open_repo;                 // base images that the store does not have, `cache_from`
  oci::OpenRepo open_for_push;             // `cache_to`
  std::shared_ptr<fetch::Fetcher> remote;  // of ADD
  std::shared_ptr<oci::Losses> losses;     // shared with whoever else asks the registries; null: nobody does
};

// REQUIRES that process::enter_namespaces() has been called where RUN is to work.
// Thread-safe, as every Engine. It keeps `services` and the secrets it has read for its lifetime, and waits
// in its destructor for what is still being written to `cache_to`.
std::unique_ptr<engine::Engine> make_embedded_engine(EngineServices services);

}  // namespace ixian::embedded
