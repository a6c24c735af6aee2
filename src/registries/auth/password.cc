// Credentials that stand in the options of a registry's client: a user with a password, or a token, which is
// sent as it is. Half a pair is a mistake that is told while the project is loaded.
#include <fmt/format.h>

#include "auth/options.h"
#include "auth/providers.h"
#include "base/error.h"

namespace ixian::auth {
namespace {

class PasswordProvider : public CredentialProvider {
 public:
  PasswordProvider(ProviderOptions options, secrets::SecretResolver& resolver)
      : options_(std::move(options)), resolver_(resolver) {
    if (options_.has("token") && (options_.has("password") || options_.has("username")))
      refuse("either `token` or `username` and `password`, not both");
    if (options_.has("username") != options_.has("password"))
      refuse(options_.has("username") ? "a `password` with `username`; it is missing or empty"
                                      : "a `username` with `password`; it is missing or empty");
  }

  std::string name() const override { return "the options of " + options_.host(); }

  // The resolver keeps what it has loaded.
  std::optional<Credential> lookup(const CredentialQuery&) override {
    Credential credential;
    if (options_.has("token")) {
      credential.bearer = options_.load("token", resolver_);
      credential.source = options_.origin("token");
      return credential;
    }
    if (!options_.has("password")) return std::nullopt;
    credential.username = options_.load("username", resolver_).reveal();
    credential.password = options_.load("password", resolver_);
    credential.source = options_.origin("password");
    return credential;
  }

  void invalidate(const CredentialQuery&) override {
    for (const std::string& name : kStaticOptions) options_.forget(name, resolver_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw base::Error(
        base::ErrorCode::kProject,
        fmt::format("the options of {} in CONFIG.DOCKER.REGISTRIES need {}", options_.host(), what));
  }

  const ProviderOptions options_;
  secrets::SecretResolver& resolver_;
};

}  // namespace

std::shared_ptr<CredentialProvider> static_provider(const std::string& host, const base::Json& options,
                                                    const Services& services) {
  return std::make_shared<PasswordProvider>(ProviderOptions(host, options, kStaticOptions), services.secrets);
}

}  // namespace ixian::auth
