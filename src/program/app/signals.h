// Ctrl-C, SIGTERM and SIGHUP.
#pragma once

#include <functional>

#include "base/cancel.h"
#include "base/event.h"

namespace ixian::app {

// From now on the first of these signals asks the program to stop; a second one, or ten seconds without an
// end, kills what it runs and ends it at once, after a call of `leave_terminal`, which may not wait for any
// lock. Called by the main thread, once; the first two arguments live as long as the process.
void watch_signals(base::Cancellation& cancellation, base::EventSink& sink,
                   std::function<void()> leave_terminal);

// 130 after Ctrl-C, 128 + its number after another signal.
int interrupted_exit_code();

}  // namespace ixian::app
