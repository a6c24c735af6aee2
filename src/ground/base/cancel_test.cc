#include "base/cancel.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "base/error.h"
#include "testing/child_process.h"
#include "testing/latch.h"

namespace ixian::base {
namespace {

using ixian::testing::ChildProcess;

TEST(Cancellation, OnceAskedItStaysAsked) {
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.requested());
  EXPECT_NO_THROW(cancellation.throw_if_requested());
  cancellation.request();
  cancellation.request();
  EXPECT_TRUE(cancellation.requested());
  EXPECT_THROW(cancellation.throw_if_requested(), Cancelled);
}

TEST(Cancellation, ListenersAreCalledOnceByTheThreadThatRequests) {
  Cancellation cancellation;
  int calls = 0;
  std::thread::id called_on;
  cancellation.on_request([&] {
    ++calls;
    called_on = std::this_thread::get_id();
  });
  std::thread asking([&] {
    cancellation.request();
    EXPECT_EQ(called_on, std::this_thread::get_id());
  });
  asking.join();
  cancellation.request();
  EXPECT_EQ(calls, 1);
}

TEST(Cancellation, AMarkIsCarriedOutByTheRequestThatFollows) {
  Cancellation cancellation;
  int calls = 0;
  cancellation.on_request([&] { ++calls; });
  cancellation.mark();
  EXPECT_TRUE(cancellation.requested());
  EXPECT_EQ(calls, 0);
  cancellation.request();
  EXPECT_EQ(calls, 1);
}

TEST(Cancellation, AListenerMayUseIt) {
  Cancellation cancellation;
  cancellation.on_request([&] {
    cancellation.request();
    cancellation.kill_groups();
    EXPECT_TRUE(cancellation.wait_for(std::chrono::seconds(20)));
  });
  cancellation.request();
}

TEST(Cancellation, WaitingEndsWithTheTimeOrTheRequest) {
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.wait_for(std::chrono::milliseconds(1)));
  std::thread asking([&] { cancellation.request(); });
  EXPECT_TRUE(cancellation.wait_for(std::chrono::seconds(20)));
  asking.join();
  EXPECT_TRUE(cancellation.wait_for(std::chrono::milliseconds(0)));
}

TEST(Cancellation, NothingMayStartOnceAsked) {
  Cancellation cancellation;
  EXPECT_TRUE(Cancellation::Hold(cancellation).may_start());
  cancellation.request();
  EXPECT_FALSE(Cancellation::Hold(cancellation).may_start());
}

TEST(Cancellation, ARequestWaitsWhileAProcessIsBeingStarted) {
  Cancellation cancellation;
  ixian::testing::Latch asked;
  std::thread asking;
  {
    Cancellation::Hold hold(cancellation);
    asking = std::thread([&] {
      cancellation.request();
      asked.open();
    });
    EXPECT_FALSE(asked.wait(std::chrono::milliseconds(30)));
  }
  EXPECT_TRUE(asked.wait());
  asking.join();
}

TEST(Cancellation, GroupsThatRunAreToldAndThoseThatEndedAreNot) {
  Cancellation cancellation;
  auto wait_for_signal = [](ChildProcess& self) {
    ::signal(SIGINT, SIG_DFL);
    ::setpgid(0, 0);
    self.say_ready();
    ::pause();
    return 0;
  };
  ChildProcess told(wait_for_signal), ended(wait_for_signal);
  ASSERT_TRUE(told.wait_until_ready() && ended.wait_until_ready());
  for (auto* child : {&told, &ended}) Cancellation::Hold(cancellation).started(child->pid());
  cancellation.ended(ended.pid());
  cancellation.request();
  EXPECT_EQ(told.wait(), -1);
  EXPECT_EQ(::kill(ended.pid(), 0), 0);
}

}  // namespace
}  // namespace ixian::base
