// The variables of Vault's own command, read as it reads them: whoever can run `vault` has nothing to set up
// for us.
#include "secrets/vault_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "http/url.h"

namespace ixian::secrets {
namespace {

constexpr std::string_view kUnixPrefix = "unix://";

// The variable that names the address, and its value; "" where neither is set.
std::pair<std::string, std::string> address_variable(const aws::Environment& environment) {
  for (const std::string name : {"VAULT_AGENT_ADDR", "VAULT_ADDR"}) {
    std::string value = variable_or_empty(environment, name);
    if (!value.empty()) return {name, std::move(value)};
  }
  return {};
}

std::optional<http::Url> address_url(const aws::Environment& environment) {
  return http::parse_url(address_variable(environment).second);
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path().string());
  }
  if (error)
    base::fail_registry(
        fmt::format("cannot read the directory {} (set in VAULT_CAPATH)", base::printable_path(folder)));
  std::sort(files.begin(), files.end());
  return files;
}

// As Go's strconv.ParseBool reads it, which Vault's client uses.
bool is_true(const std::string& name, const std::string& value) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (value == yes) return true;
  }
  for (const char* no : {"", "0", "f", "F", "false", "FALSE", "False"}) {
    if (value == no) return false;
  }
  base::fail_registry(fmt::format("invalid value for {} (expected: true or false)", name));
}

}  // namespace

std::string variable_or_empty(const aws::Environment& environment, const std::string& name) {
  return environment.variable(name).value_or("");
}

VaultAddress vault_address(const aws::Environment& environment) {
  const auto [name, value] = address_variable(environment);
  if (value.empty()) {
    base::fail_registry(
        "VAULT_ADDR is not set\nhint: set it to Vault's address, such as https://vault.example.com:8200");
  }
  VaultAddress address;
  address.vault_namespace = variable_or_empty(environment, "VAULT_NAMESPACE");
  address.token_optional = name == "VAULT_AGENT_ADDR" || value.starts_with(kUnixPrefix);
  if (value.starts_with(kUnixPrefix)) {
    address.unix_socket = value.substr(kUnixPrefix.size());
    // The socket is what is connected to; the name fills the Host header.
    address.url = "http://localhost";
    return address;
  }
  const auto url = http::parse_url(value);
  if (!url || !url->query.empty()) {
    base::fail_registry(fmt::format(
        "invalid address in {} (expected: such as https://vault.example.com:8200, without a user or a query)",
        name));
  }
  address.url = url->text();
  while (address.url.ends_with('/')) address.url.pop_back();
  return address;
}

std::optional<http::TlsSettings> vault_tls_settings(std::string_view authority,
                                                    const aws::Environment& environment) {
  const auto url = address_url(environment);
  if (!url || !url->https() || url->authority() != authority) return std::nullopt;
  http::TlsSettings settings;
  const std::string file = variable_or_empty(environment, "VAULT_CACERT");
  const std::string folder = variable_or_empty(environment, "VAULT_CAPATH");
  // As with Vault's command, VAULT_CAPATH counts only without VAULT_CACERT.
  if (!file.empty()) {
    settings.ca_files = {file};
  } else if (!folder.empty()) {
    settings.ca_files = files_in(folder);
  }
  settings.client_certificate = variable_or_empty(environment, "VAULT_CLIENT_CERT");
  settings.client_key = variable_or_empty(environment, "VAULT_CLIENT_KEY");
  if (settings.client_certificate.empty() != settings.client_key.empty()) {
    base::fail_registry("VAULT_CLIENT_CERT and VAULT_CLIENT_KEY must be set together");
  }
  settings.verify = !is_true("VAULT_SKIP_VERIFY", variable_or_empty(environment, "VAULT_SKIP_VERIFY"));
  // Nothing special about this host: the settings for all hosts hold.
  if (settings.ca_files.empty() && settings.client_key.empty() && settings.verify) return std::nullopt;
  return settings;
}

}  // namespace ixian::secrets
