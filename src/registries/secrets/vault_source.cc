// A path says neither where its mount ends, as a mount's name may have slashes, nor whether the engine there
// keeps versions, in which case "data/" goes between the two. Vault tells both for any path that the token
// may reach, and that is asked first, as the vault command does. A Vault too old to know the question has no
// versions.
#include "secrets/vault_source.h"

#include <fmt/format.h>

#include <mutex>

#include "base/error.h"
#include "base/text.h"
#include "secrets/json_field.h"
#include "secrets/vault_api.h"
#include "secrets/vault_tokens.h"

namespace ixian::secrets {
namespace {

struct Place {
  std::string mount;  // with a slash at its end; "" where it is not known
  std::string rest;
  bool versioned = false;

  std::string api_path() const { return mount + (versioned ? "data/" : "") + rest; }
};

const base::Json& member(const base::Json& object, const char* name) {
  static const base::Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::string text_or(const base::Json& value, std::string otherwise) {
  return value.is_string() ? value.get<std::string>() : otherwise;
}

// The mount may be told with its namespace in front, which the path lacks.
Place place_of(const std::string& path, const base::Json& data) {
  Place place;
  place.versioned = text_or(member(member(data, "options"), "version"), "") == "2";
  const std::string told = text_or(member(data, "path"), "");
  for (std::string_view mount = told; !mount.empty();) {
    if (mount.ends_with('/') && path.starts_with(mount) && path.size() > mount.size()) {
      place.mount = mount;
      place.rest = path.substr(mount.size());
      return place;
    }
    const auto slash = mount.find('/');
    mount.remove_prefix(slash == std::string_view::npos ? mount.size() : slash + 1);
  }
  base::fail_registry(fmt::format(
      "{} is in the Vault mount {}, but names no secret in it\nhint: add the secret's path behind the mount",
      path, told));
}

[[noreturn]] void fail_missing(const std::string& path, const Place& place, const VaultAnswer& answer) {
  const base::Json& metadata = member(member(answer.body.json, "data"), "metadata");
  const base::Json& number = member(metadata, "version");
  const std::string version = number.is_number_integer() ? " " + number.dump() : "";
  if (const base::Json& destroyed = member(metadata, "destroyed"); destroyed.is_boolean() && destroyed) {
    base::fail_registry(
        fmt::format("version{} of {} in Vault was destroyed\nhint: write a new one", version, path));
  }
  if (const std::string deleted = text_or(member(metadata, "deletion_time"), ""); !deleted.empty()) {
    base::fail_registry(
        fmt::format("version{} of {} in Vault was deleted on {}\nhint: undelete it (`vault kv undelete`), or "
                    "write a new one",
                    version, path, deleted));
  }
  if (place.versioned && place.rest.starts_with("data/")) {
    base::fail_registry(fmt::format("secret {} not found in Vault\nhint: leave out the data/: {}{}", path,
                                    place.mount, place.rest.substr(5)),
                        answer.said());
  }
  base::fail_registry(fmt::format("secret {} not found in Vault", path), answer.said());
}

}  // namespace

struct VaultSource::Impl {
  Impl(http::Client& client, aws::Environment environment)
      : api(client, vault_address(environment)), tokens(api, std::move(environment)) {}

  // With a new token where the first one is refused, and there is another.
  VaultAnswer read(const std::string& path) {
    const VaultToken token = tokens.current();
    VaultAnswer answer = api.get(path, token.token);
    if (answer.status != 403) return answer;
    if (!tokens.replace(token)) fail_refused(path, token, answer);
    const VaultToken other = tokens.current();
    VaultAnswer second = api.get(path, other.token);
    if (second.status == 403) fail_refused(path, other, second);
    return second;
  }

  // 403 is both a bad token and one that may not: ask which.
  [[noreturn]] void fail_refused(const std::string& path, const VaultToken& token,
                                 const VaultAnswer& answer) {
    const std::string context = base::without_secret(answer.said(), token.token);
    if (token.token.empty()) {
      base::fail_registry(
          fmt::format("the agent at {} has no token that may read {}", api.address().url, path), context);
    }
    if (api.get("auth/token/lookup-self", token.token).ok()) {
      base::fail_registry(fmt::format("permission denied: Vault does not let the token from {} read "
                                      "{}\nhint: check its policies, and that there is such a mount",
                                      token.source, path),
                          context);
    }
    base::fail_registry(fmt::format("Vault at {} rejected the token from {}: expired or foreign\nhint: log "
                                    "in again with `vault login`, or check that the token is of this Vault{}",
                                    api.address().url, token.source,
                                    api.address().vault_namespace.empty() ? "" : " and namespace"),
                        context);
  }

  Place find(const std::string& path) {
    const VaultAnswer mount = read("sys/internal/ui/mounts/" + path);
    if (mount.status == 404) return {"", path, false};
    if (!mount.ok()) {
      base::fail_registry(fmt::format("Vault at {} answered {} to a query for the mount of {}",
                                      api.address().url, mount.status, path),
                          mount.said());
    }
    return place_of(path, member(mount.body.json, "data"));
  }

  VaultApi api;
  VaultTokens tokens;
};

VaultSource::VaultSource(http::Client& client, aws::Environment environment)
    : impl_(std::make_unique<Impl>(client, std::move(environment))) {}

VaultSource::~VaultSource() = default;

VaultSecret VaultSource::load(const std::string& path, const std::string& field) {
  const Place place = impl_->find(path);
  const auto asked = impl_->api.client().clock().now();
  const VaultAnswer answer = impl_->read(place.api_path());
  if (answer.status == 404) fail_missing(path, place, answer);
  if (!answer.ok()) {
    base::fail_registry(fmt::format("Vault at {} answered {} to a query for {}", impl_->api.address().url,
                                    answer.status, path),
                        answer.said());
  }
  const base::Json& data = member(answer.body.json, "data");
  VaultSecret secret;
  secret.value = take_field(place.versioned ? member(data, "data") : data, field,
                            fmt::format("secret {} in Vault", path));
  const base::Json& lease = member(answer.body.json, "lease_duration");
  const bool leased = !text_or(member(answer.body.json, "lease_id"), "").empty();
  if (leased && lease.is_number_integer() && lease.get<std::int64_t>() > 0) {
    const std::chrono::seconds time(std::min<std::int64_t>(lease.get<std::int64_t>(), 10L * 365 * 86'400));
    secret.expires = asked + std::chrono::milliseconds(time) * 9 / 10;
  }
  return secret;
}

}  // namespace ixian::secrets
