// The program's way to registries: HTTP, TLS, secrets and credentials, put together in one place.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/providers.h"
#include "base/cancel.h"
#include "base/event.h"
#include "registry/registries.h"

namespace ixian::app {

class Workspace;

// What the command line says of them.
struct RegistryAccess {
  int retries = 5;             // how often a request that failed is tried again
  std::string auth_file = {};  // instead of REGISTRY_AUTH_FILE
};

// Made when it is first asked for anything: a command that needs no registry pays nothing. Thread-safe.
class RegistryClients {
 public:
  // `workspace` is null where there is no project: then no registry is configured. All three outlive it.
  RegistryClients(base::EventSink& sink, base::Cancellation& cancellation, Workspace* workspace,
                  RegistryAccess access = {});
  ~RegistryClients();

  // The first call reads CONFIG.DOCKER.REGISTRIES, and warns of passwords that stand in ixian.py. Throws
  // Error{kProject} for what is wrong there.
  registry::Registries& registries();

  const auth::Services& services();

  bool has_project() const { return workspace_ != nullptr; }

  // All repositories that the project pushes to, each once: those of its configuration, of its image tasks,
  // and that of the instruction cache. Those at registries that are not configured are left out.
  std::vector<std::string> project_repositories();

  // For `ix registries` and its like: an image of the project in that registry, as a repository, "" is none.
  std::string example_repository(const std::string& host);

  struct Impl;

 private:
  Impl& impl();

  base::EventSink& sink_;
  base::Cancellation& cancellation_;
  Workspace* workspace_;
  const RegistryAccess access_;
  std::once_flag made_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ixian::app
