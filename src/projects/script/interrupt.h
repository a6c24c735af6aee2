// Ctrl-C for Python code.
#pragma once

namespace ixian::script {

// Around Python code that this thread runs for the program; may be nested. With or without the GIL.
class InterruptibleScope {
 public:
  InterruptibleScope();
  ~InterruptibleScope();
};

// Raises KeyboardInterrupt in the Python code on the main thread, if there is any: also out of a sleep or a
// read. Async-signal-safe; to be called from the handler of a signal that the main thread receives.
void interrupt_main_thread() noexcept;

// For a thread other than the main one, some time after interrupt_main_thread(): a signal that comes between
// Python's look for signals and a system call that blocks does not end that call, and nothing would until the
// next signal. Makes the call return early once more, so that Python looks again; what Python knows already
// is not told twice. Does nothing while the main thread is not in Python code.
void wake_main_thread();

// Raises KeyboardInterrupt in the Python code on all other threads, at their next bytecode. Takes the GIL.
void interrupt_other_threads();

// For native code that returns to Python after a request to stop: throws what becomes a KeyboardInterrupt
// there, and sees to it that this thread does not get a second one for the same request. Needs the GIL.
[[noreturn]] void throw_interrupt();

// Called once, by the main thread, with the GIL: makes Python ready for interrupt_main_thread(), and leaves
// the process's handler of SIGINT as it was.
void prepare_interrupts();

}  // namespace ixian::script
