// Sizes and ages as people write them after an option.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ixian::cli {

// "10GB", "1.5 GiB", "500": bytes. Throws base::Error{kUsage}, which names the option.
std::uint64_t parse_size(const std::string& option, const std::string& text);

// "7d", "12h", "30m", "2w", "0s". The same.
std::chrono::seconds parse_age(const std::string& option, const std::string& text);

}  // namespace ixian::cli
