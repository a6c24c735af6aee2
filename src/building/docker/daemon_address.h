// Where the Docker daemon is, as its own client finds it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "http/tls_settings.h"

namespace ixian::docker {

// The value of an environment variable; nullopt where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

struct DaemonAddress {
  std::string text;         // for messages: "unix:///var/run/docker.sock"
  std::string url;          // "http://docker", "https://build.local:2376"
  std::string unix_socket;  // "" is TCP
  http::TlsSettings tls;
  std::string instead =
      ", or build without one: `ix --engine embedded`";  // ends the advice where none answers
};

// DOCKER_HOST (unix://, tcp://, http://, https://), else /var/run/docker.sock. TCP is spoken in TLS where
// DOCKER_TLS_VERIFY is set, or DOCKER_CERT_PATH, whose ca.pem, cert.pem and key.pem are used (default:
// ~/.docker); without the former any certificate will do. Throws Error{kUsage} for what it cannot be.
DaemonAddress daemon_address(const Environment& environment);

}  // namespace ixian::docker
