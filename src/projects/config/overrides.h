// Configuration from the environment: `JT_DOCKER__REGISTRY=localhost:5000` sets DOCKER.REGISTRY.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ixian::config {

struct Override {
  std::string variable;           // "JT_DOCKER__REGISTRY", for messages
  std::vector<std::string> path;  // {"DOCKER", "REGISTRY"}
  std::string text;
};

// Those of `environment` ("NAME=value" each, as in environ) that start with `prefix`, sorted by name. A
// double underscore stands for a dot. Names without anything behind the prefix, or with an empty part, are
// passed over.
std::vector<Override> read_overrides(const std::vector<std::string>& environment, std::string_view prefix);

// `text` as the value it looks like:
//   true, false (any case)          bool
//   12, -3                          int
//   1.5                             float
//   [1, "two"] or [one, two]        list: JSON, else the words between the commas, each parsed by these rules
//   anything else                   string
// A number is one only if it would be written the same way again: 1.10, 007 and 1e5 stay strings, because
// they are versions, modes and hashes. With `want_list` (the value in place is a list) a plain text is split
// at its commas.
base::Json parse_value(std::string_view text, bool want_list);

}  // namespace ixian::config
