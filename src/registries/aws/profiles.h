// The profiles of ~/.aws/config and ~/.aws/credentials.
#pragma once

#include <string>
#include <vector>

#include "aws/credentials.h"
#include "aws/ini_file.h"

namespace ixian::aws {

struct Profiles {
  IniFile config;        // profiles of the config file, by their names
  IniFile credentials;   // profiles of the credentials file
  IniFile merged;        // both: a value in the credentials file wins
  IniFile sso_sessions;  // [sso-session NAME]
  IniFile services;      // [services NAME]

  std::string config_path;  // as a message shows them
  std::string credentials_path;

  // An empty one where there is no such profile.
  const Section& profile(const std::string& name) const;

  // "Profile x: there is none in …": Error{kRegistry} with near names.
  [[noreturn]] void no_such_profile(const std::string& name) const;
};

// Missing files are empty ones. Throws Error{kRegistry} for what cannot be read.
Profiles load_profiles(const Environment& environment);

// The options' profile, AWS_PROFILE, AWS_DEFAULT_PROFILE, "default".
std::string profile_name(const Environment& environment, const ClientOptions& options);

}  // namespace ixian::aws
