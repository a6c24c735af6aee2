// Programs for other machines than this one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ixian::sandbox {

// Why programs for `architecture` ("arm64", as images name them) cannot be run here, and what to do about it;
// "" where they can, by the processor or by an emulator that the kernel starts for them (binfmt_misc).
std::string why_not_runnable(std::string_view architecture);

// The same, of a machine (uname -m) and the kernel's rules (proc/sys/fs/binfmt_misc, a text each).
std::string why_not_runnable(std::string_view architecture, std::string_view machine,
                             const std::vector<std::string>& rules);

}  // namespace ixian::sandbox
