// What somebody may have meant who wrote something else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace ixian::dockerfile {

// base::did_you_mean, but not for what is too long to be a slip of the finger.
inline std::string did_you_mean(std::string_view typed, const std::vector<std::string>& candidates) {
  return typed.size() > 64 ? "" : base::did_you_mean(typed, candidates);
}

}  // namespace ixian::dockerfile
