// How much an ADD may fetch, and how long it may take: a server decides neither.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ixian::fetch {

// Each holds for one URL, and for one repository with its submodules.
struct FetchLimits {
  std::uint64_t bytes = std::uint64_t{4} << 30;  // of a file; of a repository's objects and files together
  std::chrono::seconds time{3600};               // for all of it
  std::chrono::seconds silence{30};              // in which nothing comes
};

// What changes them, for messages.
constexpr const char* kSizeOption = "--fetch-limit (in a project DOCKER.FETCH_LIMIT)";
constexpr const char* kTimeOption = "--fetch-timeout (in a project DOCKER.FETCH_TIMEOUT)";

// As `--fetch-limit` and `--fetch-timeout` have them, and a project's settings; `name` is theirs. Throw
// std::invalid_argument with a sentence.
std::uint64_t parse_fetch_limit(const std::string& name, std::string_view text);
std::chrono::seconds parse_fetch_timeout(const std::string& name, std::string_view text);

// "4 GiB", "1536 KiB", "5 bytes": the largest unit that says it exactly.
std::string size_text(std::uint64_t bytes);

}  // namespace ixian::fetch
