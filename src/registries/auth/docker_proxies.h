// `proxies` of Docker's config.json: the proxies that a build's commands are to use.
#pragma once

#include <map>
#include <string>

#include "aws/credentials.h"

namespace ixian::auth {

// Build arguments HTTP_PROXY, HTTPS_PROXY, NO_PROXY, FTP_PROXY and ALL_PROXY, those that are set, of the
// entry for `daemon` ("tcp://build.local:2376"; "" is none, and builds without one), else of "default"; the
// two are not merged, as with Docker. What cannot be read holds nothing: whoever needs credentials of the
// file is told.
std::map<std::string, std::string> docker_proxies(const aws::Environment& environment,
                                                  const std::string& daemon = "");

// What of `proxies` `build_args` does not set, in whichever spelling.
std::map<std::string, std::string> without_given(std::map<std::string, std::string> proxies,
                                                 const std::map<std::string, std::string>& build_args);

}  // namespace ixian::auth
