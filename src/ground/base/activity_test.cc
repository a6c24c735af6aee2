#include "base/activity.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace ixian::base {
namespace {

class EndsOf : public NullSink {
 public:
  ActivityId begin(const ActivityInfo& info) noexcept override {
    said.push_back("begin " + info.name);
    return said.size();
  }
  void end(ActivityId id, ActivityStatus status, std::string_view note) noexcept override {
    constexpr const char* kNames[] = {"done", "skipped", "failed", "cancelled"};
    said.push_back(std::to_string(id) + " " + kNames[static_cast<int>(status)] + " " + std::string(note));
  }

  std::vector<std::string> said;
};

using Said = std::vector<std::string>;

TEST(Activity, EndsAsDoneWhereTheWorkReturns) {
  EndsOf sink;
  Activity activity(sink, {"push", ""});
  EXPECT_EQ(activity.run([] { return 7; }), 7);
  EXPECT_EQ(sink.said, (Said{"begin push", "1 done "}));
}

TEST(Activity, EndsOnce) {
  EndsOf sink;
  {
    Activity activity(sink, {"push", ""});
    activity.begin({"again", ""});
    activity.run([&] { activity.end(ActivityStatus::kSkipped, "cached"); });
    activity.end(ActivityStatus::kFailed);
  }
  EXPECT_EQ(sink.said, (Said{"begin push", "1 skipped cached"}));
}

TEST(Activity, EndsAsWhatIsThrown) {
  EndsOf sink;
  EXPECT_THROW(Activity(sink, {"a", ""}).run([] { throw Cancelled(); }), Cancelled);
  EXPECT_THROW(Activity(sink, {"b", ""}).run([] { throw std::runtime_error("x"); }), std::runtime_error);
  EXPECT_EQ(sink.said, (Said{"begin a", "1 cancelled ", "begin b", "3 failed "}));
}

TEST(Activity, OneThatIsLeftHasFailed) {
  EndsOf sink;
  { const Activity activity(sink, {"a", ""}); }
  EXPECT_EQ(sink.said, (Said{"begin a", "1 failed "}));
}

TEST(Activity, OneThatHasNotBegunSaysNothing) {
  EndsOf sink;
  {
    Activity activity(sink);
    EXPECT_THROW(activity.run([] { throw Cancelled(); }), Cancelled);
    EXPECT_FALSE(activity.begun());
    EXPECT_EQ(activity.id(), kNoActivity);
  }
  EXPECT_EQ(sink.said, Said());
}

}  // namespace
}  // namespace ixian::base
