// DOCKER_HOST and its companions, as Docker's own client reads them, but for ssh:// and named pipes.
#include "docker/daemon_address.h"

#include <fmt/format.h>

#include "base/error.h"
#include "http/url.h"

namespace ixian::docker {
namespace {

constexpr char kDefaultHost[] = "unix:///var/run/docker.sock";
constexpr int kPlainPort = 2375;
constexpr int kTlsPort = 2376;

std::string value(const Environment& environment, const char* name) {
  return environment(name).value_or("");
}

[[noreturn]] void refuse(const std::string& host, const std::string& reason) {
  throw base::Error(base::ErrorCode::kUsage, fmt::format("invalid DOCKER_HOST \"{}\": {}", host, reason));
}

DaemonAddress over_tcp(const std::string& host, const std::string& rest, bool encrypted,
                       const Environment& environment) {
  std::string authority = rest.substr(0, rest.find('/'));
  const auto bare = http::parse_url("http://" + authority);
  if (!bare) refuse(host, "not an address (expected: tcp://HOST:PORT)");
  // An IPv6 address has colons of its own, in brackets; where there are none, the search begins at the start.
  const bool has_port = authority.find(':', authority.rfind(']') + 1) != std::string::npos;
  if (!has_port) authority += fmt::format(":{}", encrypted ? kTlsPort : kPlainPort);
  DaemonAddress address{host, (encrypted ? "https://" : "http://") + authority, "", {}};
  if (!encrypted) return address;
  std::string folder = value(environment, "DOCKER_CERT_PATH");
  if (folder.empty()) folder = value(environment, "HOME") + "/.docker";
  address.tls.ca_files = {folder + "/ca.pem"};
  address.tls.client_certificate = folder + "/cert.pem";
  address.tls.client_key = folder + "/key.pem";
  // Docker's own client takes any certificate where only DOCKER_CERT_PATH is set.
  address.tls.verify = !value(environment, "DOCKER_TLS_VERIFY").empty();
  return address;
}

}  // namespace

DaemonAddress daemon_address(const Environment& environment) {
  std::string host = value(environment, "DOCKER_HOST");
  if (host.empty()) host = kDefaultHost;
  const std::size_t colon = host.find("://");
  if (colon == std::string::npos) refuse(host, "no scheme (expected: unix://PATH or tcp://HOST:PORT)");
  const std::string scheme = host.substr(0, colon);
  const std::string rest = host.substr(colon + 3);
  if (scheme == "unix") {
    if (!rest.starts_with('/')) refuse(host, "path not absolute (expected: unix:///PATH)");
    // HTTP needs a host even over a socket; the daemon does not look at it.
    return {host, "http://docker", rest, {}};
  }
  const bool tls =
      !value(environment, "DOCKER_TLS_VERIFY").empty() || !value(environment, "DOCKER_CERT_PATH").empty();
  if (scheme == "tcp") return over_tcp(host, rest, tls, environment);
  if (scheme == "http") return over_tcp(host, rest, false, environment);
  if (scheme == "https") return over_tcp(host, rest, true, environment);
  refuse(host,
         "unsupported scheme (expected: unix:// or tcp://)\nhint: for ssh, forward the socket: `ssh -NL "
         "/tmp/docker.sock:/var/run/docker.sock HOST`");
}

}  // namespace ixian::docker
