// The numbers of those system calls that a RUN's filter speaks of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ixian::sandbox {

enum class Abi { kX86_64, kX86, kX32, kAarch64, kArm };

// As a filter sees it. nullopt where that ABI has no such call, or where the filter does not speak of it.
std::optional<std::uint32_t> syscall_number(std::string_view name, Abi abi);

}  // namespace ixian::sandbox
