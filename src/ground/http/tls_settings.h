// Whom to trust, and who we are, for each host.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::http {

struct TlsSettings {
  std::vector<std::string> ca_files;  // PEM, trusted besides the system's
  std::string client_certificate;     // PEM file, "" is none
  std::string client_key;
  bool verify = true;  // false: any certificate will do
};

// Asked once for each connection with the host as a URL's authority has it ("registry.local:5000").
// Thread-safe.
using FindTlsSettings = std::function<TlsSettings(std::string_view authority)>;

// Reads DIR/<authority>/ as Docker and Podman do: *.crt are CAs, NAME.cert and NAME.key a client's
// certificate. The first folder that exists counts. A certificate without its key, or the reverse, throws
// Error{kRegistry} with what is missing.
TlsSettings read_certs_d(const std::vector<std::string>& folders, std::string_view authority);

// ~/.config/containers/certs.d, /etc/containers/certs.d, /etc/docker/certs.d.
std::vector<std::string> certs_d_folders();

}  // namespace ixian::http
