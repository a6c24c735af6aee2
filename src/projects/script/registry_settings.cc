// CONFIG.DOCKER.REGISTRIES as settings: a kind of client and its options for each host. A class of the
// project that is derived from one of ours is a client of its own (kCustom), which may still leave a question
// to the kind that it is derived from.
#include "script/registry_settings.h"

#include <fmt/format.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <map>

#include "auth/provider_table.h"
#include "base/error.h"
#include "oci/reference.h"
#include "script/errors.h"
#include "script/py_credentials.h"
#include "script/session.h"
#include "script/values.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

struct Row {
  std::string registry;
  std::string kind;
  std::string client;
  base::Json options;
  bool custom = false;
  std::string source;
};

std::vector<Row> read_rows() {
  return call_python([] {
    std::vector<Row> rows;
    if (!has_docker()) return rows;
    const py::list found = py::module_::import("ixian_docker._registries").attr("settings")();
    for (py::handle each : found) {
      const auto row = py::reinterpret_borrow<py::tuple>(each);
      rows.push_back({to_bytes(row[0]), to_bytes(row[1]), to_bytes(row[2]), to_json(row[3]),
                      row[4].cast<bool>(), source_of(row[5])});
    }
    return rows;
  });
}

// Scheme and path are dropped, as people copy them from elsewhere.
std::string host_of(const std::string& registry) {
  std::string_view host = registry;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (host.starts_with(scheme)) host.remove_prefix(scheme.size());
  }
  host = host.substr(0, host.find('/'));
  if (oci::is_valid_host(host) && oci::looks_like_host(host)) {
    return oci::parse_reference(std::string(host) + "/x").host;
  }
  throw base::Error(base::ErrorCode::kProject,
                    fmt::format("invalid registry '{}' in CONFIG.DOCKER.REGISTRIES (expected: a host with a "
                                "dot or a port, such as 'registry.example.com' or 'registry:443')",
                                registry));
}

// Whom a class asks that overrides credentials() or login() and then leaves it to what it is derived from.
// Options that the class has added are not the built-in client's business.
std::shared_ptr<auth::CredentialProvider> built_in_provider(const auth::ProviderType& type,
                                                            const base::Json& options,
                                                            const std::string& host,
                                                            const auth::Services& services) {
  base::Json known = base::Json::object();
  for (const std::string& name : type.options) {
    if (options.contains(name)) known[name] = options.at(name);
  }
  return type.make(host, known, services);
}

}  // namespace

std::vector<registry::RegistrySettings> registry_settings(const auth::Services& services) {
  std::vector<registry::RegistrySettings> settings;
  std::map<std::string, std::string> written;
  for (Row& row : read_rows()) {
    registry::RegistrySettings one;
    one.host = host_of(row.registry);
    if (const auto [other, is_new] = written.emplace(one.host, row.registry); !is_new) {
      throw base::Error(base::ErrorCode::kProject,
                        fmt::format("duplicate registry {} in CONFIG.DOCKER.REGISTRIES, as '{}' and as "
                                    "'{}'\nhint: remove one of them",
                                    one.host, other->second, row.registry));
    }
    if (const auth::ProviderType* type = auth::find_provider_type(row.kind))
      one.provider_type = type;
    else
      one.kind = registry::RegistryKind::kDirectory;
    one.client = row.client;
    if (row.custom) {
      one.kind = registry::RegistryKind::kCustom;
      one.provider =
          python_credentials({row.registry, row.client, row.source, row.options}, services,
                             [&type = *one.provider_type, options = row.options, host = one.host, services] {
                               return built_in_provider(type, options, host, services);
                             });
    }
    one.options = std::move(row.options);
    settings.push_back(std::move(one));
  }
  return settings;
}

std::vector<std::string> configured_repositories() {
  return call_python([] {
    if (!has_docker()) return std::vector<std::string>();
    return to_strings(py::module_::import("ixian_docker._registries").attr("example_repositories")());
  });
}

}  // namespace ixian::script
