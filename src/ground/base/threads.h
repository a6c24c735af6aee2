// Threads that may not be had: a machine, or a container, has a limit of them.
#pragma once

#include <functional>
#include <thread>

namespace ixian::base {

// A std::thread. Throws Error{kTaskFailed} where no more can be started. Members of type std::thread that
// have been started end the program when they are destroyed unjoined: whoever starts several keeps that in
// mind.
std::thread start_thread(std::function<void()> work);

// The same where the work is done without it as well: a std::thread that is none then.
std::thread try_thread(std::function<void()> work) noexcept;

}  // namespace ixian::base
