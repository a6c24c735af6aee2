// Python delivers a signal to its main thread between two bytecodes, and when a system call returns early;
// other threads can only be told by an asynchronous exception. The signal itself is handled by the program,
// so Python is told through PyErr_SetInterruptEx.
//
// Who is told: the main thread from the signal handler, by a flag that is safe to set there; the others by
// the thread that watches for stopping, one exception each. A thread is listed only while it is in Python
// code that we called, since an exception that is delivered later would hit whatever it runs next.
#include "script/interrupt.h"

#include <pthread.h>
#include <pybind11/pybind11.h>
#include <pythread.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <set>

#include "base/error.h"

namespace py = pybind11;

namespace ixian::script {
namespace {

std::atomic<unsigned long> main_thread{0};
std::atomic<bool> main_is_interruptible{false};
// Ignored where nobody handles it, and of no other use to the program; its handler does nothing, but the call
// that it interrupts returns.
constexpr int kWakingSignal = SIGURG;
pthread_t main_pthread;

// Guards `others`, the threads that run Python, by Python's number of each.
std::mutex others_mutex;
std::set<unsigned long> others;

thread_local int depth = 0;

}  // namespace

InterruptibleScope::InterruptibleScope() {
  if (depth++ > 0) return;
  const unsigned long self = PyThread_get_thread_ident();
  if (self == main_thread) {
    main_is_interruptible = true;
  } else {
    std::lock_guard lock(others_mutex);
    others.insert(self);
  }
}

InterruptibleScope::~InterruptibleScope() {
  if (--depth > 0) return;
  const unsigned long self = PyThread_get_thread_ident();
  if (self == main_thread) {
    main_is_interruptible = false;
  } else {
    std::lock_guard lock(others_mutex);
    others.erase(self);
  }
}

void interrupt_main_thread() noexcept {
  if (main_is_interruptible) PyErr_SetInterruptEx(SIGINT);
}

void wake_main_thread() {
  if (main_is_interruptible) ::pthread_kill(main_pthread, kWakingSignal);
}

void interrupt_other_threads() {
  py::gil_scoped_acquire gil;
  std::lock_guard lock(others_mutex);
  for (unsigned long thread : others) PyThreadState_SetAsyncExc(thread, PyExc_KeyboardInterrupt);
}

void throw_interrupt() {
  const unsigned long self = PyThread_get_thread_ident();
  if (self == main_thread) {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  } else {
    std::lock_guard lock(others_mutex);
    others.erase(self);
    // One request, one exception: the one that may be under way is taken back.
    PyThreadState_SetAsyncExc(self, nullptr);
  }
  throw base::Cancelled();
}

void prepare_interrupts() {
  main_thread = PyThread_get_thread_ident();
  main_pthread = ::pthread_self();
  struct sigaction waking = {};
  waking.sa_handler = [](int) {};
  ::sigaction(kWakingSignal, &waking, nullptr);
  struct sigaction ours = {};
  ::sigaction(SIGINT, nullptr, &ours);
  py::module_ signals = py::module_::import("_signal");
  // Python raises KeyboardInterrupt only for signals that it has a handler for; the real handler stays the
  // program's.
  signals.attr("signal")(SIGINT, signals.attr("default_int_handler"));
  ::sigaction(SIGINT, &ours, nullptr);
}

}  // namespace ixian::script
