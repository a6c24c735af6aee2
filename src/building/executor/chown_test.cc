#include "executor/chown.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/memory_view.h"

namespace ixian::executor {
namespace {

testing::MemoryView image() {
  testing::MemoryView view;
  view.file("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:50::/home/app:/bin/sh\n")
      .file("etc/group", "root:x:0:\nweb:x:2000:app\n");
  return view;
}

TEST(Chown, NamesComeFromTheImageAndNumbersNeedNotBeInIt) {
  EXPECT_EQ(parse_chown("app:web", image()), (Owner{1000, 2000}));
  EXPECT_EQ(parse_chown("app", image()), (Owner{1000, 50}));
  EXPECT_EQ(parse_chown("77", image()), (Owner{77, 77}));
  EXPECT_EQ(parse_chown("77:88", testing::MemoryView()), (Owner{77, 88}));
}

TEST(Chown, ANameThatTheImageDoesNotHaveIsAnError) {
  EXPECT_THROW(parse_chown("nobody-here", image()), base::Error);
  EXPECT_THROW(parse_chown("app:none", image()), base::Error);
}

TEST(User, ANumberHasTheGroupOfItsEntryOrRoots) {
  EXPECT_EQ(parse_user("1000", image()), (Owner{1000, 50}));
  EXPECT_EQ(parse_user("77", image()), (Owner{77, 0}));
  EXPECT_EQ(parse_user("", image()), (Owner{0, 0}));
  EXPECT_EQ(parse_user("app:web", image()), (Owner{1000, 2000}));
}

}  // namespace
}  // namespace ixian::executor
