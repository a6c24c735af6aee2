// X-Registry-Auth: JSON in base64. It is a secret as a whole, and its parts are wiped on the way.
#include "docker/login.h"

#include "base/base64.h"
#include "base/json.h"

namespace ixian::docker {
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
  base::Secret encoded = base::encode_base64_url(text);
  base::wipe(text);
  return encoded;
}

}  // namespace ixian::docker
