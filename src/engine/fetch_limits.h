// How much an ADD may fetch, and how long it may take: a server decides neither.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ixian::engine {

// Each holds for one URL, and for one repository with its submodules.
struct FetchLimits {
  std::uint64_t bytes = std::uint64_t{4} << 30;  // of a file; of a repository's objects and files together
  std::chrono::seconds time{3600};               // for all of it
  std::chrono::seconds silence{30};              // in which nothing comes
};

// "4 GiB", "1536 KiB", "5 bytes": the largest unit that says it exactly.
std::string size_text(std::uint64_t bytes);

}  // namespace ixian::engine
