#include "auth/credential.h"

#include "base/text.h"

namespace ixian::auth {

std::string ProviderList::name() const {
  std::vector<std::string> names;
  for (const auto& provider : providers_) names.push_back(provider->name());
  return names.empty() ? "nothing" : base::join(names, ", ");
}

std::optional<Credential> ProviderList::lookup(const CredentialQuery& target) {
  for (const auto& provider : providers_)
    if (auto credential = provider->lookup(target)) return credential;
  return std::nullopt;
}

void ProviderList::invalidate(const CredentialQuery& target) {
  for (const auto& provider : providers_) provider->invalidate(target);
}

std::vector<std::string> ProviderList::why_none(const CredentialQuery& target) {
  std::vector<std::string> lines;
  for (const auto& provider : providers_)
    for (std::string& line : provider->why_none(target)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace ixian::auth
