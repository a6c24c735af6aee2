#include "layer/merged_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::layer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ListedEntry entry(const std::string& path, EntryType type, const std::string& link = "") {
  ListedEntry entry;
  entry.path = path;
  entry.type = type;
  entry.link = link;
  entry.mode = type == EntryType::kFolder ? 0700 : 0644;
  return entry;
}
ListedEntry file(const std::string& path, std::uint64_t size = 1) {
  ListedEntry listed = entry(path, EntryType::kFile);
  listed.size = size;
  return listed;
}
ListedEntry folder(const std::string& path) {
  return entry(path, EntryType::kFolder);
}
ListedEntry link(const std::string& path, const std::string& to) {
  return entry(path, EntryType::kSymlink, to);
}
ListedEntry whiteout(const std::string& path) {
  return entry(path, EntryType::kWhiteout);
}
ListedEntry opaque(const std::string& path) {
  return entry(path, EntryType::kOpaque);
}

MergedTree tree(std::vector<std::vector<ListedEntry>> layers) {
  std::vector<std::shared_ptr<const LayerListing>> listings;
  for (auto& layer : layers) listings.push_back(std::make_shared<const LayerListing>(std::move(layer)));
  return MergedTree(std::move(listings));
}

std::string where(const MergedTree& merged, const std::string& path,
                  MergedTree::Last last = MergedTree::Last::kFollow) {
  const auto found = merged.lookup(path, last);
  return found ? "/" + found->entry.path : "none";
}

std::vector<std::string> names(const std::vector<MergedTree::Found>& found) {
  std::vector<std::string> names;
  for (const auto& each : found) names.push_back(each.entry.path);
  return names;
}

// Right in the folder, by name.
std::vector<MergedTree::Found> list(const MergedTree& merged, const std::string& path) {
  std::vector<MergedTree::Found> found;
  for (MergedTree::Descendants each(merged, path); each.next(); found.push_back(each.take())) each.skip();
  return found;
}

std::vector<MergedTree::Found> below(const MergedTree& merged, const std::string& path) {
  std::vector<MergedTree::Found> found;
  for (MergedTree::Descendants each(merged, path); each.next();) found.push_back(each.take());
  return found;
}

TEST(MergedTree, ShowsTheUppermostFile) {
  const auto merged = tree({{file("a", 1)}, {file("a", 2)}, {file("b", 3)}});
  EXPECT_EQ(merged.lookup("/a")->entry.size, 2);
  EXPECT_EQ(merged.lookup("a")->layer, 1);
  EXPECT_EQ(merged.lookup("a")->content_path, "a");
  EXPECT_EQ(where(merged, "c"), "none");
}

TEST(MergedTree, MergesFoldersAndTakesTheirAttributesFromTheUppermostThatStatesThem) {
  const auto merged = tree({{folder("d"), file("d/a")}, {file("d/b")}});
  EXPECT_THAT(names(list(merged, "d")), ElementsAre("d/a", "d/b"));
  EXPECT_EQ(merged.lookup("d")->entry.mode, 0700);
  EXPECT_EQ(merged.lookup("d")->layer, 0);
}

TEST(MergedTree, MakesUpFoldersThatOnlyTheirContentImplies) {
  const auto merged = tree({{file("d/e/a")}});
  EXPECT_EQ(merged.lookup("d/e")->entry.mode, 0755);
  EXPECT_EQ(merged.lookup("d/e")->layer, MergedTree::kImplied);
  EXPECT_EQ(merged.lookup("/")->entry.type, EntryType::kFolder);
}

TEST(MergedTree, HidesWhatAWhiteoutRemoves) {
  const auto merged = tree({{folder("d"), file("d/a"), file("d/b")}, {whiteout("d/a")}, {file("d/c")}});
  EXPECT_EQ(where(merged, "d/a"), "none");
  EXPECT_THAT(names(list(merged, "d")), ElementsAre("d/b", "d/c"));
}

TEST(MergedTree, ShowsWhatALayerPutsWhereItRemoves) {
  const auto merged = tree({{folder("d"), file("d/a")}, {whiteout("d"), folder("d"), file("d/b")}});
  EXPECT_THAT(names(list(merged, "d")), ElementsAre("d/b"));
}

TEST(MergedTree, HidesWhatLiesBelowAnOpaqueFolderHoweverDeep) {
  const auto merged = tree({{file("d/e/a")}, {folder("d"), opaque("d"), file("d/e/b")}});
  EXPECT_EQ(where(merged, "d/e/a"), "none");
  EXPECT_THAT(names(list(merged, "d/e")), ElementsAre("d/e/b"));
}

TEST(MergedTree, HidesFoldersBehindAFileAndFilesBehindAFolder) {
  const auto merged = tree({{file("d/a"), file("f")}, {file("d")}, {file("d/b"), folder("f")}});
  EXPECT_EQ(where(merged, "d/a"), "none");
  EXPECT_THAT(names(list(merged, "d")), ElementsAre("d/b"));
  EXPECT_THAT(list(merged, "f"), IsEmpty());
}

TEST(MergedTree, ResolvesLinksInsideTheRoot) {
  const auto merged = tree({{link("bin", "usr/bin"), file("usr/bin/env"), link("up", "../../../usr"),
                             link("abs", "/bin/env"), link("usr/self", "../usr/bin")}});
  EXPECT_EQ(where(merged, "/bin/env"), "/usr/bin/env");
  EXPECT_EQ(where(merged, "up/bin/env"), "/usr/bin/env");
  EXPECT_EQ(where(merged, "abs"), "/usr/bin/env");
  EXPECT_EQ(where(merged, "usr/self/env"), "/usr/bin/env");
  EXPECT_EQ(where(merged, "abs", MergedTree::Last::kKeep), "/abs");
  EXPECT_EQ(where(merged, "bin/", MergedTree::Last::kKeep), "/usr/bin");
  EXPECT_EQ(where(merged, "bin/../self/env"), "/usr/bin/env") << "above bin lies usr";
}

TEST(MergedTree, FollowsLinksIntoOtherLayers) {
  const auto merged = tree({{folder("usr"), folder("usr/lib"), link("lib", "usr/lib")}, {file("usr/lib/x")}});
  EXPECT_EQ(merged.lookup("lib/x")->layer, 1);
}

TEST(MergedTree, RefusesRingsOfLinks) {
  const auto merged = tree({{link("a", "b"), link("b", "a")}});
  EXPECT_THROW(merged.lookup("a"), base::Error);
  EXPECT_THROW(merged.resolve("a/x"), base::Error);
}

TEST(MergedTree, HasNothingBelowAFile) {
  const auto merged = tree({{file("f"), link("l", "nowhere")}});
  EXPECT_EQ(where(merged, "f/x"), "none");
  EXPECT_EQ(where(merged, "f/"), "none");
  EXPECT_EQ(where(merged, "l"), "none");
  EXPECT_EQ(where(merged, "l", MergedTree::Last::kKeep), "/l");
}

TEST(MergedTree, SaysWhereSomethingNewWouldBe) {
  const auto merged = tree({{link("srv", "/var/www"), folder("var"), file("f"), link("l", "/new/place")}});
  EXPECT_EQ(merged.resolve("/srv/app/x"), "var/www/app/x");
  EXPECT_EQ(merged.resolve("var/./new//deep/"), "var/new/deep");
  EXPECT_EQ(merged.resolve("l"), "new/place");
  EXPECT_EQ(merged.resolve("l", MergedTree::Last::kKeep), "l");
  EXPECT_EQ(merged.resolve("gone/../var"), "var");
  EXPECT_EQ(merged.resolve("/"), "");
  EXPECT_THROW(merged.resolve("f/x"), base::Error);
}

TEST(MergedTree, KnowsWhereTheContentOfAHardLinkLies) {
  const auto merged =
      tree({{file("a", 5), entry("b", EntryType::kHardLink, "a"), entry("z", EntryType::kHardLink, "b")},
            {file("a", 9), entry("c", EntryType::kHardLink, "b")}});
  const auto found = merged.lookup("z");
  EXPECT_EQ(found->entry.type, EntryType::kFile);
  EXPECT_EQ(found->entry.size, 5);
  EXPECT_EQ(found->entry.path, "z");
  EXPECT_EQ(found->content_path, "a");
  EXPECT_EQ(merged.lookup("c")->layer, 0);
  EXPECT_EQ(merged.lookup("c")->entry.size, 5);
}

TEST(MergedTree, ListsWhatIsBelowInTheOrderOfPaths) {
  const auto merged = tree({{file("a/x"), file("a-b"), folder("a")}, {file("a/b/c"), whiteout("a-b")}});
  EXPECT_THAT(names(below(merged, "/")), ElementsAre("a", "a/b", "a/b/c", "a/x"));
}

TEST(MergedTree, GoesByWhatIsHidden) {
  const auto merged = tree(
      {{folder("a"), file("a/b/c"), file("a/d"), file("e"), file("f/g"), file("h/i"), link("k", "a")},
       {file("a/b"), whiteout("a/d"), folder("e"), file("e/x"), opaque("f"), whiteout("h"), file("j/l/m")}});
  EXPECT_THAT(names(below(merged, "")), ElementsAre("a", "a/b", "e", "e/x", "j", "j/l", "j/l/m", "k"));
  EXPECT_THAT(names(below(merged, "k")), ElementsAre("a/b"));
  EXPECT_THAT(names(below(merged, "j")), ElementsAre("j/l", "j/l/m"));
  EXPECT_THAT(names(list(merged, "")), ElementsAre("a", "e", "j", "k"));
}

}  // namespace
}  // namespace ixian::layer
