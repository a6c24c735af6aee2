// Values as Go's standard library, which Docker uses, reads them. nullopt is what it refuses.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::dockerfile {

// "1h2m3.5s", "300ms", "-1s", "0".
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

// "64", "64k", "1.5g", "2GiB": bytes, in powers of 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);

// "1", "t", "true", "True", "TRUE", and so on.
std::optional<bool> parse_bool(std::string_view text);

// Digits only, at most `most`.
std::optional<std::uint32_t> parse_number(std::string_view text, int base, std::uint32_t most = 0xffffffff);

// What EXPOSE says: [[ip:]host:]port[-port][/protocol], as "port/protocol" each.
std::optional<std::vector<std::string>> parse_ports(std::string_view text);

// "9", "KILL", "SIGTERM", "sigrtmin+3", as Docker knows them on Linux.
bool is_signal(std::string_view text);

}  // namespace ixian::dockerfile
