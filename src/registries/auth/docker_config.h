// Credentials that `docker login` and `podman login` have left, and credential helpers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "auth/credential.h"
#include "aws/credentials.h"
#include "base/cancel.h"

namespace ixian::auth {

// Looks, for each target, in DOCKER_AUTH_CONFIG → the file of REGISTRY_AUTH_FILE → $DOCKER_CONFIG/config.json
// or ~/.docker/config.json → podman's $XDG_RUNTIME_DIR/containers/auth.json, or /run/containers/UID/auth.json
// without that variable → ~/.config/containers/auth.json → ~/.dockercfg. In each file: credHelpers[host] →
// credsStore → auths. Files are read and helpers asked at the first look-up, and again after invalidate().
// Entries that cannot be read, and files that this user may not read, are passed over, and why_none() says
// so; a file that is not JSON is an error that names it; a credsStore that is not installed counts only for
// hosts that "auths" mentions. Never writes.
std::shared_ptr<CredentialProvider> docker_config_provider(aws::Environment environment,
                                                           base::Cancellation& cancellation);

// One entry of "auths": base64 of user:password, split at the first colon, NULs stripped; or "username" and
// "password" in the clear; "identitytoken", "registrytoken". nullopt where it holds nothing that can be used.
// `json` is the entry's text.
std::optional<Credential> parse_auth_entry(const std::string& json);

// What `docker-credential-X get` printed. nullopt where the answer is no credentials. Throws
// std::invalid_argument.
std::optional<Credential> parse_helper_answer(const std::string& output);

// Runs docker-credential-<helper> get with the server on its standard input. nullopt: it has none
// ("credentials not found in native keychain", trimmed). Throws Error{kRegistry} where it cannot be run or
// fails otherwise.
std::optional<Credential> ask_helper(const std::string& helper, const std::string& server,
                                     base::Cancellation& cancellation);

}  // namespace ixian::auth
