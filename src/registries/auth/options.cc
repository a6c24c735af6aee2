// The options of a client are checked while the project is loaded: names, types, and that references can be
// read as such. What a reference stands for is loaded when a registry first asks, as most commands never do.
#include "auth/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "auth/providers.h"
#include "base/error.h"
#include "base/text.h"
#include "secrets/secret_reference.h"

namespace ixian::auth {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

const std::vector<std::string> kCommonNames = {"insecure", "ca_file", "client_certificate", "client_key"};
const std::vector<std::string> kSecretNames = {"password", "token", "aws_secret_access_key",
                                               "aws_session_token"};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void unknown_option(const std::string& host, const std::string& name,
                                 std::vector<std::string> names) {
  names.insert(names.end(), kCommonNames.begin(), kCommonNames.end());
  throw Error(ErrorCode::kProject,
              fmt::format("unknown option \"{1}\" of {0} in CONFIG.DOCKER.REGISTRIES{2}", host, name,
                          base::did_you_mean(name, names)),
              "note: options: " + base::join(names, ", "));
}

}  // namespace

ProviderOptions::ProviderOptions(const std::string& host, const Json& options,
                                 const std::vector<std::string>& names)
    : host_(host) {
  if (options.is_null()) return;
  if (!options.is_object())
    throw Error(ErrorCode::kProject,
                fmt::format("the options of {} in CONFIG.DOCKER.REGISTRIES must be a dictionary", host));
  for (const auto& [name, value] : options.items()) {
    // They are about the connection, and are read by the registry's settings.
    if (contains(kCommonNames, name)) continue;
    if (!contains(names, name)) unknown_option(host, name, names);
    if (value.is_null()) continue;
    if (!value.is_string())
      throw Error(
          ErrorCode::kProject,
          fmt::format("the option `{}` of {} in CONFIG.DOCKER.REGISTRIES must be a string", name, host));
    const std::string text = value.get<std::string>();
    secrets::parse_secret_reference(text);
    if (!text.empty()) values_.emplace(name, text);
  }
}

base::Secret ProviderOptions::load(const std::string& name, secrets::SecretResolver& resolver) const {
  const auto found = values_.find(name);
  return found == values_.end() ? base::Secret() : resolver.load(found->second);
}

void ProviderOptions::forget(const std::string& name, secrets::SecretResolver& resolver) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return;
  if (const auto reference = secrets::parse_secret_reference(found->second)) resolver.forget(*reference);
}

std::string ProviderOptions::origin(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return "no " + name;
  const auto reference = secrets::parse_secret_reference(found->second);
  return name + (reference ? " from " + reference->text() : " in CONFIG.DOCKER.REGISTRIES");
}

std::optional<std::string> plain_secret_warning(const std::string& host, const Json& options) {
  if (!options.is_object()) return std::nullopt;
  for (const std::string& name : kSecretNames) {
    const auto found = options.find(name);
    if (found == options.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
      continue;
    try {
      if (secrets::parse_secret_reference(found->get_ref<const std::string&>())) continue;
    } catch (const Error&) {  // meant as one; whoever loads it says what is wrong
      continue;
    }
    return fmt::format(
        "plain-text `{}` of {} in the project, readable by everybody who can read the project\nhint: use a "
        "reference: \"env:NAME\", \"file:/path\", \"vault:mount/path#field\", \"aws-sm:name\" or \"cmd:…\"",
        name, host);
  }
  return std::nullopt;
}

}  // namespace ixian::auth
