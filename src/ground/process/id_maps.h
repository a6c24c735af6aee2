// Which users and groups a user namespace knows: user_namespaces(7), subuid(5).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::process {

struct IdRange {
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
};

// The ranges that a file such as /etc/subuid gives to a user, by name or number, laid out one after the other
// from 1; 0 is the user itself. Only the latter where the file gives none.
std::vector<IdRange> subordinate_map(std::string_view file, std::string_view name, std::uint32_t id,
                                     std::uint32_t self);

// What /proc/PID/uid_map says.
std::vector<IdRange> parse_map(std::string_view text);

// As newuidmap(1) wants it after the process, and as /proc/PID/uid_map does.
std::vector<std::string> map_words(const std::vector<IdRange>& map);
std::string map_text(const std::vector<IdRange>& map);

}  // namespace ixian::process
