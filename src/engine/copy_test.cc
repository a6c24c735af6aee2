// Which files a COPY takes, and where they go.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "context/selection.h"
#include "engine/copy_draft.h"
#include "testing/memory_view.h"

namespace ixian::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MemoryView;

base::Cancellation never;

std::string digest(const context::FileView& view, const std::vector<std::string>& sources) {
  auto selection = context::select(view, sources, {});
  return context::digest_of(view, selection, {}, never);
}

// "path" of each entry of the layer, folders with a slash.
std::vector<std::string> copied(const MemoryView& image,
                                const std::shared_ptr<const context::FileView>& context,
                                const std::vector<std::string>& sources, const std::string& destination,
                                CopyStyle style = {}) {
  CopyDraft draft(image, std::move(style));
  draft.copy(context, context::select(*context, sources, {}), destination);
  std::vector<std::string> names;
  for (const auto& each : draft.take())
    names.push_back(each.entry.name + (each.entry.type == oci::TarType::kFolder ? "/" : ""));
  return names;
}

std::shared_ptr<MemoryView> context() {
  auto view = std::make_shared<MemoryView>();
  view->file("a.txt", "a").file("b.txt", "b").file("src/x", "x").file("src/sub/y", "y");
  return view;
}

TEST(Selection, WildcardsTakeWhatTheyMatchAndNothingIsNoError) {
  const auto view = context();
  const auto found = context::select(*view, {"*.txt"}, {});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].name, "b.txt");
  EXPECT_TRUE(context::select(*view, {"*.none"}, {}).empty());
}

TEST(Selection, WhatIsNotThereIsAnErrorThatNamesIt) {
  try {
    context::select(*context(), {"none"}, {});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("none"));
  }
}

TEST(Selection, TheDigestChangesWithContentModeAndName) {
  const std::string before = digest(*context(), {"src"});
  auto content = context();
  content->file("src/x", "other");
  auto mode = context();
  mode->file("src/x", "x", 0755);
  auto more = context();
  more->file("src/z", "");
  EXPECT_NE(digest(*content, {"src"}), before);
  EXPECT_NE(digest(*mode, {"src"}), before);
  EXPECT_NE(digest(*more, {"src"}), before);
}

TEST(Selection, TheDigestKnowsNeitherOwnersNorWhatIsNotTaken) {
  const std::string before = digest(*context(), {"src"});
  auto other = context();
  other->file("src/x", "x", 0644, 1000).file("unread", "");
  EXPECT_EQ(digest(*other, {"src"}), before);
}

TEST(Selection, ALinkThatIsNamedIsFollowedInsideTheTree) {
  auto view = context();
  view->link("link", "/src/x").link("out", "../../../etc/passwd");
  EXPECT_EQ(context::select(*view, {"link"}, {})[0].files[0].path, "src/x");
  EXPECT_THROW(context::select(*view, {"out"}, {}), base::Error);
}

TEST(Destination, AFileGoesIntoAFolderOrBecomesTheName) {
  MemoryView image;
  image.folder("opt");
  EXPECT_THAT(copied(image, context(), {"a.txt"}, "/opt"), ElementsAre("opt/", "opt/a.txt"));
  EXPECT_THAT(copied(image, context(), {"a.txt"}, "/new"), ElementsAre("new"));
  EXPECT_THAT(copied(image, context(), {"a.txt"}, "/new/"), ElementsAre("new/", "new/a.txt"));
}

TEST(Destination, AFoldersContentsGoWithoutItsName) {
  EXPECT_THAT(copied({}, context(), {"src"}, "/to"), ElementsAre("to/", "to/sub/", "to/sub/y", "to/x"));
}

TEST(Destination, LinksInTheImageAreFollowedInsideIt) {
  MemoryView image;
  image.folder("usr/lib").link("lib", "usr/lib").link("out", "../../../x");
  EXPECT_THAT(copied(image, context(), {"a.txt"}, "/lib/"), ElementsAre("usr/", "usr/lib/", "usr/lib/a.txt"));
  EXPECT_THAT(copied(image, context(), {"a.txt"}, "/out/"), ElementsAre("x/", "x/a.txt"));
}

TEST(Destination, AFolderIsNotCopiedOverAFileNorAFileOverAFolder) {
  MemoryView image;
  image.file("to", "").folder("src/a.txt");
  EXPECT_THROW(copied(image, context(), {"src"}, "/to"), base::Error);
  auto view = std::make_shared<MemoryView>();
  view->file("tree/a.txt", "");
  EXPECT_THROW(copied(image, view, {"tree"}, "/src"), base::Error);
}

TEST(Destination, FoldersOnTheWayKeepWhatTheImageSaysOfThem) {
  MemoryView image;
  image.folder("tmp", 01777, 7);
  CopyDraft draft(image, {});
  draft.copy(context(), context::select(*context(), {"a.txt"}, {}), "/tmp/");
  const auto entries = draft.take();
  EXPECT_EQ(entries[0].entry.mode, 01777u);
  EXPECT_EQ(entries[0].entry.uid, 7u);
}

TEST(Destination, FilesOfTheContextAreRootsAndChownGivesThemAway) {
  auto view = std::make_shared<MemoryView>();
  view->file("f", "", 0600, 1000);
  const MemoryView image;
  CopyDraft plain(image, {});
  plain.copy(view, context::select(*view, {"f"}, {}), "/f");
  EXPECT_EQ(plain.take()[0].entry.uid, 0u);
  CopyStyle style;
  style.owner = Owner{5, 6};
  CopyDraft given(image, style);
  given.copy(view, context::select(*view, {"f"}, {}), "/new/f");
  for (const auto& each : given.take()) EXPECT_EQ(each.entry.gid, 6u) << each.entry.name;
}

// Else its new content would be kept under the key of the old one.
TEST(Destination, AFileThatChangesAfterItsDigestWasTakenIsAnError) {
  auto view = std::make_shared<MemoryView>();
  view->file("f", "old");
  auto selection = context::select(*view, {"f"}, {});
  context::digest_of(*view, selection, {}, never);
  const MemoryView image;
  for (const bool changed : {false, true}) {
    if (changed) view->file("f", "new");
    CopyDraft draft(image, {});
    draft.copy(view, selection, "/f");
    const auto entries = draft.take();
    const auto source = std::get<layer::OpenedLater>(entries.at(0).content).open();
    const auto read = [&] { return base::read_all(*source, 100, "f"); };
    if (changed) {
      EXPECT_THROW(read(), base::Error);
    } else {
      EXPECT_EQ(read(), "old");
    }
  }
}

}  // namespace
}  // namespace ixian::engine
