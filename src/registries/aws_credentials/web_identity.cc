// A token in a file, which Kubernetes or a CI system renews, is exchanged for a role's credentials. It is
// read for each exchange. The environment's settings count only for the profile that is in use, not for one
// that another takes its credentials from.
#include "aws_credentials/web_identity.h"

#include <fmt/format.h>

#include "aws/environment.h"
#include "aws/sts.h"
#include "base/text.h"

namespace ixian::aws_credentials {

ProviderResult web_identity_credentials(const ProviderContext& lookup, const std::string& profile,
                                        bool environment_counts) {
  const aws::Section& section = lookup.profiles.profile(profile);
  const auto setting = [&](const std::string& name, const std::string& key) {
    const std::string value = environment_counts ? aws::variable(lookup.environment, name) : "";
    return value.empty() ? section.text(key) : value;
  };
  const std::string file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (file.empty()) {
    return not_found(fmt::format("{}profile {} has no web_identity_token_file",
                                 environment_counts ? "AWS_WEB_IDENTITY_TOKEN_FILE is not set, and " : "",
                                 profile));
  }
  aws::Role role;
  role.arn = setting("AWS_ROLE_ARN", "role_arn");
  role.session_name = setting("AWS_ROLE_SESSION_NAME", "role_session_name");
  if (role.arn.empty()) {
    cannot_use(fmt::format(
        "a web identity token file is set, but no role\nhint: set AWS_ROLE_ARN, or role_arn in profile {}",
        profile));
  }
  auto text = aws::read_text(aws::expand_home(lookup.environment, file));
  const base::Secret token(std::string(text ? base::trim(*text) : ""));
  if (text) base::wipe(*text);
  if (token.empty()) {
    cannot_use(fmt::format("web identity token file {} {} (expected: the token for the role {})",
                           aws::show_path(lookup.environment, file), text ? "is empty" : "does not exist",
                           role.arn));
  }
  return {aws::assume_role_with_web_identity(
              lookup.client, aws::sts(lookup.region, lookup.options, lookup.environment), role, token),
          ""};
}

}  // namespace ixian::aws_credentials
