// What somebody may have meant who wrote something else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace ixian::dockerfile {

// base::did_you_mean, but not for what is too long to be a slip of the finger.
inline std::string did_you_mean(std::string_view typed, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 64;
  if (typed.size() > kLongest) return "";
  std::vector<std::string> short_ones;
  for (const std::string& candidate : candidates) {
    if (candidate.size() <= kLongest) short_ones.push_back(candidate);
  }
  return base::did_you_mean(typed, short_ones);
}

}  // namespace ixian::dockerfile
