#include "auth/provider_table.h"

#include <algorithm>
#include <utility>

namespace ixian::auth {
namespace {

using Provider = std::shared_ptr<CredentialProvider>;

Provider then_files(Provider own, Provider files) {
  return std::make_shared<ProviderList>(std::vector<Provider>{std::move(own), std::move(files)});
}

Provider make_ecr(const std::string& host, const base::Json& options, const Services& services) {
  return ecr_provider(host, options, services);
}

}  // namespace

const std::vector<ProviderType>& provider_types() {
  static const std::vector<ProviderType> table = {
      {"docker", kStaticOptions, static_provider, then_files},
      {"ecr", kEcrOptions, make_ecr, ecr_or_files},
      {"openshift", kOpenShiftOptions, openshift_provider, nullptr},
  };
  return table;
}

const ProviderType* find_provider_type(std::string_view name) {
  const auto& all = provider_types();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const ProviderType& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace ixian::auth
