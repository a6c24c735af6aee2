// Searches ask an Environment, not the process, so that a test has one of its own. Paths in messages begin
// with "~" where they can: they end up in logs, and a name of a user is nobody's business there.
#include "aws/environment.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <fstream>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "files/trust.h"

namespace ixian::aws {
namespace {

// As the AWS CLI does it: HOME counts even where it is not the user's.
std::string home_of_user() {
  if (const auto home = base::environment_variable("HOME"); home && !home->empty()) return *home;
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (::getpwuid_r(::getuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found != nullptr) {
    return found->pw_dir;
  }
  return "/";
}

// As /proc says: "0 1000 1" is 1000 outside of a user namespace of our own, and 0 in it.
std::vector<std::string> runtime_folders() {
  const unsigned long uid = ::getuid();
  std::vector<std::string> folders{fmt::format("/run/containers/{}", uid)};
  std::ifstream map("/proc/self/uid_map");
  for (unsigned long inside = 0, outside = 0, count = 0; map >> inside >> outside >> count;) {
    if (uid < inside || uid - inside >= count || outside == inside) continue;
    // `podman login` was mostly run outside, by the user whom we are there: that folder goes first.
    folders.insert(folders.begin(), fmt::format("/run/containers/{}", outside + (uid - inside)));
  }
  return folders;
}

}  // namespace

Environment process_environment() {
  return {base::environment_variable, home_of_user(), runtime_folders()};
}

std::string variable(const Environment& environment, const std::string& name) {
  return environment.variable ? environment.variable(name).value_or("") : "";
}

bool is_true(const Environment& environment, const std::string& name) {
  return base::to_lower(variable(environment, name)) == "true";
}

std::string expand_home(const Environment& environment, const std::string& path) {
  if (path == "~") return environment.home;
  return path.starts_with("~/") ? environment.home + path.substr(1) : path;
}

std::optional<std::string> read_text(const std::string& path) {
  try {
    return files::read_credentials_file(path);
  } catch (const base::Error& error) {
    throw base::Error(base::ErrorCode::kRegistry, error.message(), error.context());
  }
}

std::string show_path(const Environment& environment, const std::string& path) {
  const bool inside = environment.home.size() > 1 && path.starts_with(environment.home + "/");
  return base::printable_path(inside ? "~" + path.substr(environment.home.size()) : path);
}

}  // namespace ixian::aws
