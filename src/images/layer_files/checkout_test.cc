#include "layer_files/checkout.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing/layer_blob.h"
#include "testing/temp_folder.h"

namespace ixian::layer_files {
namespace {

using testing::TarText;

class Checkouts : public ::testing::Test {
 protected:
  void add(const TarText& tar) {
    const auto text = std::make_shared<const std::string>(tar.end());
    const auto scanned = testing::scan_text(*text);
    layers_.push_back({testing::layer_descriptor(*text), scanned.diff_id,
                       std::make_shared<const layer::LayerListing>(scanned.listing),
                       [text] { return std::make_unique<base::OwnedTextSource>(*text); }});
  }
  std::string written() {
    base::Cancellation cancellation;
    const files::UniqueFd fd(::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    checkout(layers_, fd.get(), cancellation);
    return testing::tree_text(folder_.path());
  }

  testing::TempFolder folder_;
  std::vector<CheckoutLayer> layers_;
};

TEST_F(Checkouts, AFolderThatOnlyItsContentImpliesHidesALink) {
  add(TarText().folder("run").folder("var").link("var/run", "/run"));
  add(TarText().file("var/run/b", "b"));
  EXPECT_EQ(written(), "run d 755\nvar d 755\nvar/run d 755\nvar/run/b f 644 \"b\"\n");
}

TEST_F(Checkouts, AFileOutlivesTheNameThatItHadFirst) {
  add(TarText().file("a", "x").hard_link("b", "a").hard_link("c", "a"));
  add(TarText().file(".wh.a"));
  EXPECT_EQ(written(), "b f 644 \"x\"\nc f 644 \"x\"\n");
  struct stat status = {};
  ASSERT_EQ(::stat((folder_ / "b").c_str(), &status), 0);
  EXPECT_EQ(status.st_nlink, 2u);
}

TEST_F(Checkouts, TheLastOfSeveralEntriesCounts) {
  add(TarText().file("a", "1").link("l", "a").file("a", "2").file("l", "file"));
  EXPECT_EQ(written(), "a f 644 \"2\"\nl f 644 \"file\"\n");
}

TEST_F(Checkouts, NeverFollowWhatLiesInTheFolder) {
  testing::TempFolder outside;
  ASSERT_EQ(::symlink(outside.path().c_str(), (folder_ / "d").c_str()), 0);
  ASSERT_EQ(::symlink((outside / "f").c_str(), (folder_ / "f").c_str()), 0);
  folder_.write("stays", "mine");
  add(TarText().file("d/x", "x").file("f", "f"));
  EXPECT_EQ(written(), "d d 755\nd/x f 644 \"x\"\nf f 644 \"f\"\nstays f 644 \"mine\"\n");
  EXPECT_EQ(testing::tree_text(outside.path()), "");
}

TEST_F(Checkouts, ZerosAreHoles) {
  add(TarText().file("s", std::string(4 << 20, '\0') + "x"));
  written();
  struct stat status = {};
  ASSERT_EQ(::stat((folder_ / "s").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, (4 << 20) + 1);
  EXPECT_LT(status.st_blocks, 100);
}

}  // namespace
}  // namespace ixian::layer_files
