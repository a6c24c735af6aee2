// Ctrl-C for Python code.
#pragma once

namespace ixian::script {

// Around a task that runs Python code on this thread; called with or without the GIL.
void enter_python_task();
void leave_python_task();

// Raises KeyboardInterrupt in the task on the main thread, if there is one: also out of a sleep or a read. Async-signal-safe; to be
// called from the handler of a signal that the main thread receives.
void interrupt_main_thread() noexcept;

// Raises KeyboardInterrupt in the tasks on all other threads, at their next bytecode. Takes the GIL.
void interrupt_other_threads();

// Called once, by the main thread, with the GIL: makes Python ready for interrupt_main_thread(), and leaves the process's handler of
// SIGINT as it was.
void prepare_interrupts();

}  // namespace ixian::script
