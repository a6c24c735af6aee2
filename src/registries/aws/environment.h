// Small questions to the machine that a search works on.
#pragma once

#include <optional>
#include <string>

#include "aws/credentials.h"

namespace ixian::aws {

// "" where it is not set or empty: AWS's own tools make no difference.
std::string variable(const Environment& environment, const std::string& name);

// Whether it says "true", in any case.
bool is_true(const Environment& environment, const std::string& name);

// "~/x" made absolute.
std::string expand_home(const Environment& environment, const std::string& path);

// As files::read_file, but its Error is kRegistry: the file is about credentials.
std::optional<std::string> read_text(const std::string& path);

// "/home/me/x" as "~/x", for messages.
std::string show_path(const Environment& environment, const std::string& path);

}  // namespace ixian::aws
