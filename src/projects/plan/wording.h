// Names and values in sentences.
#pragma once

#include <cstddef>
#include <string>

namespace ixian::plan {

// `text`, or what of it takes so many columns and an ellipsis.
std::string cut(const std::string& text, std::size_t columns);

}  // namespace ixian::plan
