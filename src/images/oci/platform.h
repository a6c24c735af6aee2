// Which machine an image is for (OCI image-spec, image-index.md, "platform").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ixian::oci {

struct Platform {
  std::string os;            // "linux"
  std::string architecture;  // "amd64", "arm64", as Go names them
  std::string variant;       // "v7", "" is none
  std::string os_version;
  std::vector<std::string> os_features;

  std::string text() const;  // "linux/arm64/v8"
  friend bool operator==(const Platform&, const Platform&) = default;
};

// "linux/amd64", "linux/arm/v7", "arm64" (then os is linux), "linux" (this machine's); aliases as containerd
// normalises them (x86_64, aarch64, armhf, arm64/v8 = arm64). Throws Error{kUsage}.
Platform parse_platform(std::string_view text);

// This machine's, always os "linux".
Platform host_platform();

// Whether an image for `offered` runs on `wanted`; 0 no, higher is better: equal variants before lower ones
// of arm, arm64 and amd64. Aliases count as what they stand for. An os_version or os_features of `wanted`
// must be met; where it has none, any will do. Never another architecture, and never "unknown".
int match(const Platform& offered, const Platform& wanted);

// As it is written, aliases untouched; what is absent is "". Throws std::invalid_argument where a type is not
// as specified.
Platform platform_from_json(const base::Json& json);
base::Json to_json(const Platform& platform);

}  // namespace ixian::oci
