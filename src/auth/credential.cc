#include "auth/credential.h"

#include "base/text.h"

namespace ixian::auth {

std::string ProviderList::name() const {
  std::vector<std::string> names;
  for (const auto& provider : providers_) names.push_back(provider->name());
  return names.empty() ? "nothing" : base::join(names, ", ");
}

std::optional<Credential> ProviderList::lookup(const Target& target) {
  for (const auto& provider : providers_)
    if (auto credential = provider->lookup(target)) return credential;
  return std::nullopt;
}

void ProviderList::invalidate(const Target& target) {
  for (const auto& provider : providers_) provider->invalidate(target);
}

}  // namespace ixian::auth
