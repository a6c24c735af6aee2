#include "layer/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace ixian::layer {
namespace {

using ::testing::ElementsAre;

ListedEntry entry(const std::string& path, EntryType type = EntryType::kFile, std::uint64_t size = 0) {
  ListedEntry entry;
  entry.path = path;
  entry.type = type;
  entry.size = size;
  return entry;
}

std::vector<std::string> paths(const LayerListing& listing) {
  std::vector<std::string> paths;
  for (const auto& each : listing.entries()) paths.push_back(each.path);
  return paths;
}

TEST(PathLess, PutsWhatIsInAFolderRightBehindIt) {
  EXPECT_TRUE(path_less("a", "a/b"));
  EXPECT_TRUE(path_less("a/b", "a-b"));
  EXPECT_TRUE(path_less("a/b/c", "a!"));
  EXPECT_FALSE(path_less("a-b", "a/b"));
  EXPECT_FALSE(path_less("a", "a"));
}

TEST(PathLess, OrdersLongPathsAsItDoesShortOnes) {
  const std::string folder = "srv/tree/node_modules/";
  for (std::size_t length = 0; length < 20; ++length) {
    const std::string start = folder.substr(0, length);
    EXPECT_TRUE(path_less(start + "a", start + "b"));
    EXPECT_TRUE(path_less(start + "a/b", start + "a!"));
    EXPECT_TRUE(path_less(start + "a", start + "a/b"));
    EXPECT_TRUE(path_less(start + "a", start + "\xff"));
    EXPECT_FALSE(path_less(start + "a/b", start + "a"));
    EXPECT_FALSE(path_less(start + "a", start + "a"));
  }
}

TEST(ListedPath, IsRelativeAndWithoutDots) {
  EXPECT_EQ(listed_path("./usr//bin/./env/"), "usr/bin/env");
  EXPECT_EQ(listed_path("/etc/passwd"), "etc/passwd");
  EXPECT_EQ(listed_path("./"), "");
  EXPECT_THROW(listed_path("a/../b"), std::invalid_argument);
  EXPECT_THROW(listed_path(".."), std::invalid_argument);
  EXPECT_THROW(listed_path(std::string("a\0b", 3)), std::invalid_argument);
  EXPECT_THROW(listed_path(std::string(256, 'a')), std::invalid_argument);
  EXPECT_EQ(listed_path("..a/b.."), "..a/b..");
}

TEST(LayerListing, IsSortedWithTheLastOfEqualPaths) {
  const LayerListing listing(
      {entry("b"), entry("a", EntryType::kFolder), entry("a/x"), entry("b", EntryType::kFile, 7)});
  EXPECT_THAT(paths(listing), ElementsAre("a", "a/x", "b"));
  EXPECT_EQ(listing.thing("b")->size, 7);
}

TEST(LayerListing, LosesWhatAFileHasReplaced) {
  const LayerListing listing(
      {entry("a", EntryType::kFolder), entry("a/x"), entry("a/y/z"), entry("a"), entry("ab")});
  EXPECT_THAT(paths(listing), ElementsAre("a", "ab"));
}

TEST(LayerListing, KeepsWhiteoutThingAndOpaqueMarkOfOnePath) {
  const LayerListing listing(
      {entry("a", EntryType::kOpaque), entry("a", EntryType::kFolder), entry("a", EntryType::kWhiteout)});
  EXPECT_EQ(listing.entries().size(), 3);
  EXPECT_EQ(listing.thing("a")->type, EntryType::kFolder);
  EXPECT_TRUE(listing.at("a").whiteout);
  EXPECT_TRUE(listing.at("a").opaque);
  EXPECT_FALSE(listing.at("a").below);
}

TEST(LayerListing, SaysAllOfAPathAtOnce) {
  const LayerListing listing(
      {entry("a", EntryType::kWhiteout), entry("a", EntryType::kFolder), entry("a/b")});
  const Listed folder = listing.at("a");
  ASSERT_NE(folder.thing, nullptr);
  EXPECT_EQ(folder.thing->path, "a");
  EXPECT_TRUE(folder.whiteout && folder.below && !folder.opaque);
  const Listed absent = listing.at("b");
  EXPECT_TRUE(absent.thing == nullptr && !absent.whiteout && !absent.opaque && !absent.below);
}

TEST(LayerListing, FindsWhatIsBelow) {
  const LayerListing listing({entry("a/b/c"), entry("a!")});
  EXPECT_TRUE(listing.at("").below);
  EXPECT_TRUE(listing.at("a").below);
  EXPECT_TRUE(listing.at("a/b").below);
  EXPECT_FALSE(listing.at("a/b/c").below);
  EXPECT_FALSE(listing.at("a!").below);
  EXPECT_EQ(listing.thing("a"), nullptr);
}

LayerListing sample() {
  ListedEntry file = entry("usr/bin/env", EntryType::kFile, std::uint64_t{1} << 40);
  file.mode = 04755;
  file.uid = 4'294'967'294;
  file.gid = 7;
  file.mtime = -5;
  file.offset = 123'456'789'012;
  ListedEntry link = entry("usr/bin/e", EntryType::kSymlink);
  link.link = "/usr/bin/env";
  link.mtime = 1'700'000'000;
  return LayerListing({file, link, entry("usr", EntryType::kFolder), entry("usr", EntryType::kOpaque),
                       entry("etc/x", EntryType::kWhiteout)});
}

TEST(LayerListing, ComesBackFromItsBytes) {
  EXPECT_EQ(LayerListing::parse(sample().serialise()), sample());
  EXPECT_EQ(LayerListing::parse(LayerListing().serialise()), LayerListing());
}

TEST(LayerListing, NoticesAByteThatHasChanged) {
  std::string bytes = sample().serialise();
  for (char& byte : bytes) {
    byte = static_cast<char>(byte ^ 1);
    EXPECT_THROW(LayerListing::parse(bytes), std::invalid_argument);
    byte = static_cast<char>(byte ^ 1);
  }
}

TEST(LayerListing, RefusesBytesThatItDidNotMake) {
  const std::string bytes = sample().serialise();
  EXPECT_THROW(LayerListing::parse(""), std::invalid_argument);
  EXPECT_THROW(LayerListing::parse("ixian layer listing 2\n"), std::invalid_argument);
  EXPECT_THROW(LayerListing::parse(bytes + '\0'), std::invalid_argument);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(LayerListing::parse(std::string_view(bytes).substr(0, size)), std::invalid_argument) << size;
  }
}

}  // namespace
}  // namespace ixian::layer
