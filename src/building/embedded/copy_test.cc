// Which files a COPY takes, and where they go.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "context/selection.h"
#include "executor/layer_builder.h"
#include "testing/memory_view.h"

namespace ixian::embedded {
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
                                executor::FileAttributes style = {}) {
  executor::LayerBuilder draft(image, std::move(style));
  draft.copy(context, context::select(*context, sources, {}), destination);
  std::vector<std::string> names;
  for (const auto& each : draft.take())
    names.push_back(each.entry.name + (each.entry.type == tar::TarType::kFolder ? "/" : ""));
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
  executor::LayerBuilder draft(image, {});
  draft.copy(context(), context::select(*context(), {"a.txt"}, {}), "/tmp/");
  const auto entries = draft.take();
  EXPECT_EQ(entries[0].entry.mode, 01777u);
  EXPECT_EQ(entries[0].entry.uid, 7u);
}

TEST(Destination, FilesOfTheContextAreRootsAndChownGivesThemAway) {
  auto view = std::make_shared<MemoryView>();
  view->file("f", "", 0600, 1000);
  const MemoryView image;
  executor::LayerBuilder plain(image, {});
  plain.copy(view, context::select(*view, {"f"}, {}), "/f");
  EXPECT_EQ(plain.take()[0].entry.uid, 0u);
  executor::FileAttributes style;
  style.owner = executor::Owner{5, 6};
  executor::LayerBuilder given(image, style);
  given.copy(view, context::select(*view, {"f"}, {}), "/new/f");
  for (const auto& each : given.take()) EXPECT_EQ(each.entry.gid, 6u) << each.entry.name;
}

// An entry of an archive.
tar::TarEntry archived(tar::TarType type, const std::string& name, const std::string& link = "") {
  tar::TarEntry entry;
  entry.type = type;
  entry.name = name;
  entry.link = link;
  entry.mode = 0640;
  entry.uid = entry.gid = 7;
  return entry;
}

layer_files::LayerEntry no_bytes() {
  layer_files::LayerEntry content;
  content.content = layer_files::InlineText{""};
  return content;
}

// Unpacks them into /srv/app of an image that has /etc/passwd; "path=link", folders with a slash.
std::vector<std::string> unpacked(const std::vector<tar::TarEntry>& entries) {
  MemoryView image;
  image.file("etc/passwd", "good").link("srv/app/old", "/etc").file("srv/app/there", "x");
  executor::LayerBuilder draft(image, {});
  for (const auto& entry : entries) {
    draft.unpack(entry, entry.type == tar::TarType::kFile ? no_bytes() : layer_files::LayerEntry(),
                 "/srv/app/");
  }
  std::vector<std::string> names;
  for (const auto& each : draft.take()) {
    if (each.entry.name == "srv") continue;
    names.push_back(each.entry.name + (each.entry.type == tar::TarType::kFolder ? "/" : "") +
                    (each.entry.link.empty() ? "" : "=" + each.entry.link));
  }
  return names;
}

TEST(Archives, NothingIsUnpackedOutsideOfTheDestination) {
  using tar::TarType;
  const std::vector<std::string> inside = {"srv/app/", "srv/app/etc/", "srv/app/etc/passwd"};
  for (const std::string target : {"../..", "../../../../..", "/", "etc/../..", "/srv/../.."}) {
    auto names = inside;
    names.push_back("srv/app/up=" + target);
    EXPECT_EQ(
        unpacked({archived(TarType::kSymlink, "up", target), archived(TarType::kFile, "up/etc/passwd")}),
        names);
  }
  EXPECT_THAT(unpacked({archived(TarType::kSymlink, "abs", "/etc"), archived(TarType::kFile, "abs/passwd")}),
              ElementsAre("srv/app/", "srv/app/abs=/etc", "srv/app/etc/", "srv/app/etc/passwd"));
  // A link of a link, a folder behind one, and a link that the image itself has.
  EXPECT_THAT(unpacked({archived(TarType::kSymlink, "a", "b/.."), archived(TarType::kSymlink, "b", "/../etc"),
                        archived(TarType::kFolder, "b/x"), archived(TarType::kFile, "a/y")}),
              ElementsAre("srv/app/", "srv/app/a=b/..", "srv/app/b=/../etc", "srv/app/etc/", "srv/app/etc/x/",
                          "srv/app/y"));
  EXPECT_EQ(unpacked({archived(TarType::kFile, "old/passwd")}), inside);
  EXPECT_EQ(unpacked({archived(TarType::kFile, "/etc/passwd")}), inside);
}

TEST(Archives, AHardLinkLeadsToWhatLiesInTheDestination) {
  using tar::TarType;
  EXPECT_THAT(
      unpacked({archived(TarType::kFile, "etc/passwd"), archived(TarType::kHardLink, "l", "old/passwd")}),
      ElementsAre("srv/app/", "srv/app/etc/", "srv/app/etc/passwd", "srv/app/l=srv/app/etc/passwd"));
  EXPECT_THAT(unpacked({archived(TarType::kHardLink, "l", "there")}), ElementsAre("srv/app/", "srv/app/l"));
  for (const char* target : {"old/passwd", "none", "../../etc/passwd", "/etc/passwd"}) {
    EXPECT_THROW(unpacked({archived(TarType::kHardLink, "l", target)}), base::Error) << target;
  }
}

TEST(Archives, NamesThatLeadOutAreErrorsAndOthersAreCleaned) {
  using tar::TarType;
  for (const char* name : {"../f", "../../f", "a/../../f", "./../f", ".."}) {
    EXPECT_THROW(unpacked({archived(TarType::kFile, name)}), base::Error) << name;
    EXPECT_THROW(unpacked({archived(TarType::kFolder, name)}), base::Error) << name;
  }
  for (const char* name : {"./f", "a/../f", "/f", "//f", "/../f", "f/"})
    EXPECT_THAT(unpacked({archived(TarType::kFile, name)}), ElementsAre("srv/app/", "srv/app/f")) << name;
  EXPECT_THROW(unpacked({archived(TarType::kFile, "f"), archived(TarType::kFile, "f/g")}), base::Error);
  EXPECT_THROW(unpacked({archived(TarType::kFile, ".")}), base::Error);
}

TEST(Archives, TheDestinationKeepsWhatItIsAndChownGivesAwayTheRest) {
  MemoryView image;
  image.folder("d", 0700, 3);
  executor::FileAttributes given;
  given.owner = executor::Owner{5, 6};
  for (const bool chown : {false, true}) {
    executor::LayerBuilder draft(image, chown ? given : executor::FileAttributes());
    draft.unpack(archived(tar::TarType::kFolder, "./"), {}, "/d/");
    draft.unpack(archived(tar::TarType::kFolder, "sub/x"), {}, "/d/");
    draft.unpack(archived(tar::TarType::kSymlink, "l", "x"), {}, "/d/");
    draft.unpack(archived(tar::TarType::kFile, "f"), no_bytes(), "/d/");
    std::map<std::string, std::uint32_t> owners;
    for (const auto& each : draft.take()) {
      owners[each.entry.name] = each.entry.uid;
      if (each.entry.name == "d") {
        EXPECT_EQ(each.entry.mode, 0700u);
      } else if (each.entry.name == "d/f") {
        EXPECT_EQ(each.entry.mode, 0640u);
      }
    }
    const std::uint32_t owner = chown ? 5 : 7;
    EXPECT_EQ(owners, (std::map<std::string, std::uint32_t>{
                          {"d", 3}, {"d/sub", 0}, {"d/sub/x", owner}, {"d/l", owner}, {"d/f", owner}}));
  }
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
    executor::LayerBuilder draft(image, {});
    draft.copy(view, selection, "/f");
    const auto entries = draft.take();
    const auto source = std::get<layer_files::DeferredContent>(entries.at(0).content).open();
    const auto read = [&] { return base::read_all(*source, 100, "f"); };
    if (changed) {
      EXPECT_THROW(read(), base::Error);
    } else {
      EXPECT_EQ(read(), "old");
    }
  }
}

}  // namespace
}  // namespace ixian::embedded
