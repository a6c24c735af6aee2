// The values of --cache-from and --cache-to.
#pragma once

#include <string>
#include <vector>

namespace ixian::build_flags {

struct CacheOption {
  std::vector<std::string> repositories;  // without tags
  std::string note;                       // what of it has no effect; "" is nothing
};

// "HOST/NAME", several with commas between; or in the syntax of buildx: type=registry,ref=HOST/NAME,
// type=local,src=FOLDER or dest=FOLDER, type=inline. A tag is left out: every step has a tag of its own.
// `flag` is --cache-from or --cache-to. Throws base::Error{kUsage}.
CacheOption parse_cache_option(const std::string& flag, const std::string& text);

// Whether it is a folder of this machine, by the name that parse_cache_option() gives it.
bool is_folder_cache(const std::string& repository);

// For people: that folder, or the repository as it is.
std::string shown_cache(const std::string& repository);

}  // namespace ixian::build_flags
