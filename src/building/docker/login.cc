// X-Registry-Auth: JSON in base64. It is a secret as a whole, and its parts are wiped on the way.
#include "docker/login.h"

#include <openssl/evp.h>

#include <vector>

#include "base/json.h"

namespace ixian::docker {
namespace {

// RFC 4648, section 5, with its padding, as the daemon reads it.
std::string base64_url(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(length));
  for (char& c : encoded) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return encoded;
}

}  // namespace

base::Secret registry_auth(const std::string& host, const std::optional<RegistryAuth>& login) {
  base::Json json = base::Json::object();
  // The name that `docker login` keeps Docker Hub under.
  json["serveraddress"] = host == "docker.io" ? "https://index.docker.io/v1/" : host;
  if (login && !login->identity_token.empty()) {
    json["identitytoken"] = login->identity_token.reveal();
  } else if (login) {
    json["username"] = login->username;
    json["password"] = login->password.reveal();
  }
  std::string text = json.dump();
  base::Secret encoded(base64_url(text));
  base::wipe(text);
  return encoded;
}

}  // namespace ixian::docker
