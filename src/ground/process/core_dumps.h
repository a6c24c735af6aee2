// A core file would hold every secret that is in memory.
#pragma once

namespace ixian::process {

// From here on this process leaves no core file, and none goes to a crash handler either. The program calls
// it first of all, before any secret is loaded. Any number of times, from any thread.
void forbid_core_dumps();

// In a child before exec: what it starts may dump core as it could without us. Async-signal-safe.
void allow_core_dumps_again() noexcept;

}  // namespace ixian::process
