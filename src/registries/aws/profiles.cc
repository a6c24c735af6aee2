// The two files of AWS's tools. A profile is what both say of it; where both set a key, the credentials file
// counts. That one is also kept by itself, since keys in it come before other places of a profile.
#include "aws/profiles.h"

#include <fmt/format.h>

#include "aws/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "files/trust.h"

namespace ixian::aws {
namespace {

std::string path_of(const Environment& environment, const std::string& name, const std::string& standard) {
  const std::string path = variable(environment, name);
  return path.empty() ? environment.home + standard : expand_home(environment, path);
}

IniFile read_ini(const std::string& path, const std::string& shown) {
  std::optional<std::string> text;
  try {
    text = files::read_credentials_file(path);
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorCode::kRegistry,
                      fmt::format("cannot read the AWS settings in {}\nhint: make the file readable", shown),
                      error.message());
  }
  if (!text) return {};
  IniFile file = parse_ini(*text, shown);
  base::wipe(*text);
  return file;
}

// The config file says [profile x], [sso-session x], [services x], and [default] without a word before it.
void sort_section(Profiles& into, const std::string& header, Section section) {
  std::vector<std::string> words;
  if (header == "default") {
    Section joined = std::move(section);
    joined.add_all(into.config[header]);  // from [profile default], which counts for more
    into.config[header] = std::move(joined);
  } else if (base::split_words(header, words) && words.size() == 2) {
    if (words[0] == "profile") into.config[words[1]].add_all(section);
    if (words[0] == "sso-session") into.sso_sessions[words[1]].add_all(section);
    if (words[0] == "services") into.services[words[1]].add_all(section);
  }
}

}  // namespace

const Section& Profiles::profile(const std::string& name) const {
  static const Section none;
  const auto found = merged.find(name);
  return found == merged.end() ? none : found->second;
}

void Profiles::no_such_profile(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [known, section] : merged) names.push_back(known);
  throw base::Error(
      base::ErrorCode::kRegistry,
      fmt::format("AWS profile not found: {} (in {} or {}){}", name, config_path, credentials_path,
                  base::did_you_mean(name, names)),
      names.empty() ? "note: neither file has any profile" : "note: profiles: " + base::join(names, ", "));
}

Profiles load_profiles(const Environment& environment) {
  Profiles profiles;
  const std::string config = path_of(environment, "AWS_CONFIG_FILE", "/.aws/config");
  const std::string credentials = path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
  profiles.config_path = show_path(environment, config);
  profiles.credentials_path = show_path(environment, credentials);

  for (auto& [header, section] : read_ini(config, profiles.config_path)) {
    sort_section(profiles, header, std::move(section));
  }
  profiles.credentials = read_ini(credentials, profiles.credentials_path);
  // The second to be added wins.
  profiles.merged = profiles.config;
  for (const auto& [name, section] : profiles.credentials) profiles.merged[name].add_all(section);
  return profiles;
}

std::string profile_name(const Environment& environment, const ClientOptions& options) {
  for (const std::string& name : {options.profile, variable(environment, "AWS_PROFILE"),
                                  variable(environment, "AWS_DEFAULT_PROFILE")}) {
    if (!name.empty()) return name;
  }
  return "default";
}

}  // namespace ixian::aws
