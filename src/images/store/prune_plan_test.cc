#include "store/prune_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ixian::store {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Plan : public ::testing::Test {
 protected:
  void root(const Object& object, std::int64_t used, std::set<Object> keeps) {
    snapshot_.roots.push_back({object, used, std::move(keeps)});
  }
  void thing(const Object& object, std::uint64_t bytes, std::int64_t used = 0) {
    snapshot_.things[object] = {bytes, used, true};
  }
  std::vector<Object> roots(const PrunePlan& plan) {
    std::vector<Object> objects;
    for (const auto& root : plan.roots) objects.push_back(root.object);
    return objects;
  }

  Inventory snapshot_;
};

TEST_F(Plan, TakesGarbageAlone) {
  root("name:a", 1, {"blob:1", "tree:1"});
  for (const char* each : {"blob:1", "tree:1", "blob:2", "tree:2"}) thing(each, 10);
  const PrunePlan plan = make_plan(snapshot_, {}, 100);
  EXPECT_THAT(plan.garbage, ElementsAre("blob:2", "tree:2"));
  EXPECT_THAT(roots(plan), IsEmpty());
  EXPECT_EQ(plan.left, 20u);
}

TEST_F(Plan, LeavesWhatALeaseKeeps) {
  root("entry:a", 1, {"blob:1"});
  for (const char* each : {"blob:1", "blob:2", "tree:1"}) thing(each, 10);
  snapshot_.leased = {"blob:2", "tree:1", "entry:a"};
  const PrunePlan plan = make_plan(snapshot_, {seconds(0), 0, false, false}, 100);
  EXPECT_THAT(plan.garbage, IsEmpty());
  EXPECT_THAT(plan.old_trees, IsEmpty());
  EXPECT_THAT(roots(plan), IsEmpty());
  EXPECT_EQ(plan.left, 30u);
  EXPECT_EQ(plan.leased, 20u);
}

TEST_F(Plan, TakesWhatIsOldWithWhatItAloneKept) {
  root("entry:old", 10, {"blob:1", "blob:shared"});
  root("entry:new", 90, {"blob:2", "blob:shared"});
  for (const char* each : {"blob:1", "blob:2", "blob:shared"}) thing(each, 10);
  const PrunePlan plan = make_plan(snapshot_, {seconds(50), {}, true, false}, 100);
  EXPECT_THAT(roots(plan), ElementsAre("entry:old"));
  EXPECT_THAT(plan.garbage, ElementsAre("blob:1"));
  EXPECT_EQ(plan.left, 20u);
}

TEST_F(Plan, TakesTheLeastRecentlyUsedUntilTheRestFits) {
  for (int i = 1; i <= 5; ++i) {
    const std::string n = std::to_string(i);
    root("entry:" + n, i, {"blob:" + n});
    thing("blob:" + n, 10);
  }
  const PrunePlan plan = make_plan(snapshot_, {{}, 25, true, false}, 100);
  EXPECT_THAT(roots(plan), ElementsAre("entry:1", "entry:2", "entry:3"));
  EXPECT_EQ(plan.left, 20u);
}

TEST_F(Plan, TakesTreesBeforeTheEntriesThatTheyWereUsedWith) {
  root("entry:1", 5, {"blob:1", "tree:1"});
  thing("blob:1", 10);
  thing("tree:1", 30, 5);
  const PrunePlan plan = make_plan(snapshot_, {{}, 10, true, false}, 100);
  EXPECT_THAT(plan.old_trees, ElementsAre("tree:1"));
  EXPECT_THAT(roots(plan), IsEmpty());
  EXPECT_EQ(plan.left, 10u);
}

TEST_F(Plan, CountsATreeOnceThatIsOldAndThenGarbage) {
  root("entry:1", 5, {"tree:1"});
  thing("tree:1", 30, 5);
  const PrunePlan plan = make_plan(snapshot_, {seconds(1), {}, true, false}, 100);
  EXPECT_THAT(plan.garbage, ElementsAre("tree:1"));
  EXPECT_THAT(plan.old_trees, IsEmpty());
  EXPECT_EQ(plan.left, 0u);
}

TEST_F(Plan, LeavesNamesUnlessAskedForThem) {
  root("name:a", 1, {"blob:1"});
  root("entry:b", 2, {"blob:2"});
  thing("blob:1", 10);
  thing("blob:2", 10);
  EXPECT_THAT(roots(make_plan(snapshot_, {seconds(1), 0, true, false}, 100)), ElementsAre("entry:b"));
  EXPECT_THAT(roots(make_plan(snapshot_, {seconds(1), 0, false, false}, 100)),
              ElementsAre("name:a", "entry:b"));
}

TEST_F(Plan, TakesATreeThatIsNotWholeEvenIfItIsKept) {
  root("name:a", 1, {"tree:1"});
  thing("tree:1", 10);
  snapshot_.things["tree:1"].complete = false;
  EXPECT_THAT(make_plan(snapshot_, {}, 100).garbage, ElementsAre("tree:1"));
}

}  // namespace
}  // namespace ixian::store
