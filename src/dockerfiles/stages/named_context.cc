#include "stages/named_context.h"

#include "base/text.h"

namespace ixian::stages {

std::string context_name(std::string_view text) {
  constexpr std::string_view kLatest = ":latest";
  std::string name = base::to_lower(text);
  for (const std::string_view hub : {"index.docker.io/", "docker.io/"}) {
    if (!name.starts_with(hub)) continue;
    name.erase(0, hub.size());
    constexpr std::string_view kLibrary = "library/";
    if (name.starts_with(kLibrary)) name.erase(0, kLibrary.size());
    break;
  }
  if (name.ends_with(kLatest)) name.resize(name.size() - kLatest.size());
  return name;
}

}  // namespace ixian::stages
