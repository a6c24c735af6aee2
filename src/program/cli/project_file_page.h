// The manual page ixian.py(5).
#pragma once

#include <string>
#include <string_view>

#include "cli/man_page.h"

namespace ixian::cli {

inline constexpr std::string_view kProjectFile = "ixian.py";

ManPage project_file_page(std::string version);

}  // namespace ixian::cli
