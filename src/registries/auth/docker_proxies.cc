// "proxies" of config.json: what docker gives to builds as build arguments, by daemon or by default. Only
// RUNs get it. Whatever is wrong with the file is passed over here, as credentials are read from the same one
// and say so.
#include "auth/docker_proxies.h"

#include <stdexcept>

#include "aws/environment.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "files/fs.h"

namespace ixian::auth {
namespace {

constexpr std::pair<const char*, const char*> kMembers[] = {{"httpProxy", "HTTP_PROXY"},
                                                            {"httpsProxy", "HTTPS_PROXY"},
                                                            {"noProxy", "NO_PROXY"},
                                                            {"ftpProxy", "FTP_PROXY"},
                                                            {"allProxy", "ALL_PROXY"}};

base::Json proxy_member(const base::Json& json, const std::string& name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found == json.end() ? base::Json() : *found;
}

}  // namespace

std::map<std::string, std::string> docker_proxies(const aws::Environment& environment,
                                                  const std::string& daemon) {
  const std::string folder = aws::variable(environment, "DOCKER_CONFIG");
  base::Json proxies;
  try {
    const auto text =
        files::read_file((folder.empty() ? environment.home + "/.docker" : folder) + "/config.json");
    if (!text) return {};
    proxies = proxy_member(base::parse_json(*text, 4 << 20, 32), "proxies");
  } catch (const base::Error&) {
    return {};
  } catch (const std::invalid_argument&) {
    return {};
  }
  base::Json entry = daemon.empty() ? base::Json() : proxy_member(proxies, daemon);
  if (!entry.is_object()) entry = proxy_member(proxies, "default");
  std::map<std::string, std::string> found;
  for (const auto& [name, variable] : kMembers)
    if (const base::Json value = proxy_member(entry, name); value.is_string() && value != "")
      found[variable] = value.get<std::string>();
  return found;
}

std::map<std::string, std::string> without_given(std::map<std::string, std::string> proxies,
                                                 const std::map<std::string, std::string>& build_args) {
  // Whoever gives http_proxy means HTTP_PROXY too: tools differ in which they read.
  for (const auto& [name, _] : build_args) proxies.erase(base::to_upper(name));
  return proxies;
}

}  // namespace ixian::auth
