// Credentials that a class of the project finds out by itself.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "auth/credential.h"
#include "auth/providers.h"
#include "base/json.h"

namespace ixian::script {

struct CustomClient {
  std::string registry;  // its name in CONFIG.DOCKER.REGISTRIES
  std::string name;      // of the class
  std::string source;    // where its credentials() or login() is written: "ixian.py:12"
  base::Json options;
};

// Asks the class's credentials(), or its login(), on the calling thread, which must not hold the GIL; one
// thread at a time. What it gave is kept until a minute before it expires, or until it is invalidated. A
// value that is one of the client's options may be a secret reference, any other is taken as it is. Where the
// class has nothing to say, the provider that `built_in` makes is asked, made then. Throws Error{kRegistry}
// that names the class and where it is written.
std::shared_ptr<auth::CredentialProvider> python_credentials(
    CustomClient client, const auth::Services& services,
    std::function<std::shared_ptr<auth::CredentialProvider>()> built_in);

}  // namespace ixian::script
