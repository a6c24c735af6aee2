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
  EXPECT_EQ(listing.size(), 3);
  EXPECT_EQ(listing.thing("a")->type, EntryType::kFolder);
  EXPECT_TRUE(listing.at("a").whiteout);
  EXPECT_TRUE(listing.at("a").opaque);
  EXPECT_FALSE(listing.at("a").below);
}

TEST(LayerListing, SaysAllOfAPathAtOnce) {
  const LayerListing listing(
      {entry("a", EntryType::kWhiteout), entry("a", EntryType::kFolder), entry("a/b")});
  const PathState folder = listing.at("a");
  ASSERT_TRUE(folder.thing);
  EXPECT_EQ(folder.thing->path, "a");
  EXPECT_TRUE(folder.whiteout && folder.below && !folder.opaque);
  const PathState absent = listing.at("b");
  EXPECT_TRUE(!absent.thing && !absent.whiteout && !absent.opaque && !absent.below);
}

TEST(LayerListing, FindsWhatIsBelow) {
  const LayerListing listing({entry("a/b/c"), entry("a!")});
  EXPECT_TRUE(listing.at("").below);
  EXPECT_TRUE(listing.at("a").below);
  EXPECT_TRUE(listing.at("a/b").below);
  EXPECT_FALSE(listing.at("a/b/c").below);
  EXPECT_FALSE(listing.at("a!").below);
  EXPECT_FALSE(listing.thing("a"));
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

// More than one reads at once, and than one holds in memory.
LayerListing long_one() {
  std::vector<ListedEntry> entries;
  for (int i = 0; i < 70'000; ++i) {
    ListedEntry file = entry(std::string(i % 200, 'x') + std::to_string(i), EntryType::kFile, i);
    file.offset = std::uint64_t{512} * i;
    entries.push_back(std::move(file));
  }
  return LayerListing(entries);
}

TEST(LayerListing, IsReadWhereItsFileIs) {
  const LayerListing whole = long_one();
  files::UniqueFd file = files::nameless_file();
  files::FileSink sink(file.get(), "a file");
  whole.write(sink);
  const LayerListing listing = LayerListing::parse(std::move(file));
  EXPECT_EQ(listing, whole);
  EXPECT_EQ(listing.serialise(), whole.serialise());
  EXPECT_EQ(LayerListing::parse(whole.serialise()), whole);
  for (int i = 0; i < 70'000; i += 777) {
    const auto found = listing.thing(std::string(i % 200, 'x') + std::to_string(i));
    ASSERT_TRUE(found) << i;
    EXPECT_EQ(found->size, i);
    EXPECT_EQ(found->offset, std::uint64_t{512} * i);
  }
  EXPECT_FALSE(listing.thing("xx"));
  EXPECT_FALSE(listing.thing("~"));
}

TEST(LayerListing, GoesForthAndBack) {
  const LayerListing listing = long_one();
  LayerListing::Cursor cursor(listing);
  EXPECT_EQ(cursor.entry().path, "0");
  cursor.seek("y");
  EXPECT_TRUE(cursor.at_end());
  cursor.seek("5");
  EXPECT_EQ(cursor.entry().path, "5000");
  LayerListing::Cursor copy = cursor;
  cursor.next();
  EXPECT_EQ(copy.entry().path, "5000");
  copy.next();
  EXPECT_EQ(copy.entry(), cursor.entry());
}

TEST(LayerListing, NamesFoldersWithoutEntries) {
  const LayerListing listing({entry("a/b/c"), entry("a/b/d"), entry("e", EntryType::kFolder), entry("e/f/g"),
                              entry("h", EntryType::kOpaque), entry("i", EntryType::kWhiteout)});
  std::vector<std::string> gaps;
  listing.each_gap([&](const std::string& gap) { gaps.push_back(gap); });
  EXPECT_THAT(gaps, ElementsAre("a", "a/b", "e/f", "h"));
  for (const std::string& gap : gaps) EXPECT_TRUE(listing.is_gap(gap)) << gap;
  for (const char* const other : {"", "a/b/c", "e", "i", "z"}) EXPECT_FALSE(listing.is_gap(other)) << other;
}

TEST(LayerListing, DependsOnBelowWhereItLeavesFoldersToOthers) {
  EXPECT_FALSE(LayerListing().depends_on_below());
  EXPECT_FALSE(LayerListing({entry("a", EntryType::kFolder), entry("a/b")}).depends_on_below());
  EXPECT_TRUE(LayerListing({entry("a/b")}).depends_on_below());
  EXPECT_TRUE(LayerListing({entry("a", EntryType::kWhiteout)}).depends_on_below());
  ListedEntry root = entry("", EntryType::kFolder);
  EXPECT_TRUE(LayerListing({root}).depends_on_below());
  root.mode = 0755;
  EXPECT_FALSE(LayerListing({root}).depends_on_below());
  EXPECT_TRUE(LayerListing::parse(LayerListing({entry("a/b")}).serialise()).depends_on_below());
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
