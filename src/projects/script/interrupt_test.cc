#include "script/interrupt.h"

#include <gtest/gtest.h>
#include <pybind11/embed.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "script/errors.h"
#include "script/interpreter.h"

namespace ixian::script {
namespace {

using namespace std::chrono_literals;

class InterruptTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!python_started()) start_python({});
  }

  // Runs the Python lines on this thread, which must be the main one, and meanwhile `other` on another, with
  // the interruption told in between: true if it came out of the lines.
  template <typename Other>
  static bool interrupted(const char* lines, Other other) {
    std::atomic<bool> ended = false;
    std::thread beside([&] {
      std::this_thread::sleep_for(50ms);
      other(ended);
    });
    bool came = false;
    try {
      call_python([&] { pybind11::exec(lines); });
    } catch (const base::Cancelled&) {
      came = true;
    }
    ended = true;
    beside.join();
    return came;
  }
};

// What is left when a signal comes right before a call blocks: Python has been told, but nothing ends the
// call.
TEST_F(InterruptTest, WakingEndsACallThatBeganAfterTheSignal) {
  EXPECT_TRUE(interrupted("import threading\nthreading.Event().wait(60)", [](const std::atomic<bool>& ended) {
    interrupt_main_thread();
    while (!ended) {
      wake_main_thread();
      std::this_thread::sleep_for(10ms);
    }
  }));
}

TEST_F(InterruptTest, WakingAloneInterruptsNothing) {
  EXPECT_FALSE(
      interrupted("import threading\nthreading.Event().wait(0.2)", [](const std::atomic<bool>& ended) {
        while (!ended) {
          wake_main_thread();
          std::this_thread::sleep_for(10ms);
        }
      }));
}

}  // namespace
}  // namespace ixian::script
