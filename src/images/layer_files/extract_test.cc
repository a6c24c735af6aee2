#include "layer_files/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "base/error.h"
#include "testing/layer_blob.h"
#include "testing/temp_folder.h"

namespace ixian::layer_files {
namespace {

using ::testing::ElementsAre;
using testing::extract_options;
using testing::extract_text;
using testing::file_text;
using testing::TarText;
using testing::TempFolder;
using testing::tree_text;

constexpr ExtractInto kUserOverlay = ExtractInto::kUserOverlay;

bool is_root() {
  return ::geteuid() == 0;
}

std::vector<std::string> listed(const Extracted& extracted) {
  std::vector<std::string> lines;
  for (const auto& entry : extracted.listing.entries()) {
    lines.push_back(std::string(1, static_cast<char>(entry.type)) + " " + entry.path);
  }
  return lines;
}

TEST(Extract, MakesEverythingThatALayerHas) {
  TempFolder folder;
  const auto result = extract_text(TarText()
                                       .folder("usr", 0700)
                                       .folder("usr/bin", 0555)
                                       .file("usr/bin/env", "program", 0755)
                                       .link("bin", "/usr/bin")
                                       .hard_link("usr/bin/e", "usr/bin/env")
                                       .link("pipe", "", tar::TarType::kFifo)
                                       .end(),
                                   folder.path(), extract_options());
  EXPECT_EQ(tree_text(folder.path()),
            "bin l /usr/bin\n"
            "pipe p 777\n"
            "usr d 700\n"
            "usr/bin d 555\n"
            "usr/bin/e f 755 \"program\"\n"
            "usr/bin/env f 755 \"program\"\n");
  EXPECT_THAT(listed(result),
              ElementsAre("l bin", "p pipe", "d usr", "d usr/bin", "h usr/bin/e", "f usr/bin/env"));
}

// What is a mark to an overlay that a user mounts is an attribute of a file to whoever made the layer.
TEST(Extract, TakesNoAttributeOfAFileForAMark) {
  tar::TarEntry entry;
  entry.name = "d";
  entry.type = tar::TarType::kFolder;
  entry.uid = ::geteuid();
  entry.gid = ::getegid();
  entry.xattrs["user.overlay.opaque"] = "y";
  for (const auto into : {ExtractInto::kTree, kUserOverlay}) {
    TempFolder folder;
    const auto result = extract_text(TarText().add(entry).end(), folder.path(), extract_options(into));
    if (result.skipped_attributes > 0) GTEST_SKIP() << "no user attributes here";
    EXPECT_EQ(tree_text(folder.path()), into == kUserOverlay ? "d d 644\n" : "d d 644 opaque\n");
    char value[2];
    const char* name = into == kUserOverlay ? "user.overlay.overlay.opaque" : "user.overlay.opaque";
    EXPECT_EQ(::getxattr((folder / "d").c_str(), name, value, sizeof(value)), 1);
  }
}

TEST(Extract, AFolderThatAWhiteoutNamesAndThatHasNoEntryIsNew) {
  TempFolder folder;
  extract_text(TarText().file(".wh.d").file("d/e/f", "x").end(), folder.path(),
               extract_options(kUserOverlay));
  EXPECT_EQ(tree_text(folder.path()), "d d 755 opaque\nd/e d 755\nd/e/f f 644 \"x\"\n");
}

TEST(Extract, SetsTimesOfFoldersAfterTheirContent) {
  TempFolder folder;
  extract_text(TarText().folder("d").file("d/f").link("d/l", "x").end(), folder.path(), extract_options());
  for (const char* name : {"d", "d/f", "d/l"}) {
    struct stat status = {};
    ASSERT_EQ(::lstat((folder / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mtim.tv_sec, 1'000'000'000) << name;
  }
}

TEST(Extract, SetsOwnersModesAndCapabilities) {
  if (!is_root()) GTEST_SKIP() << "only root may give files away";
  TempFolder folder;
  tar::TarEntry entry;
  entry.name = "ping";
  entry.mode = 06755;
  entry.uid = 12;
  entry.gid = 34;
  entry.xattrs["security.capability"] =
      std::string("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  const auto result = extract_text(TarText().add(entry, "x").end(), folder.path(), extract_options());
  struct stat status = {};
  ASSERT_EQ(::lstat((folder / "ping").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 12);
  EXPECT_EQ(status.st_gid, 34);
  EXPECT_EQ(status.st_mode & 07777, 06755);
  char value[64];
  if (result.skipped_attributes > 0) GTEST_SKIP() << "this file system has no capabilities";
  EXPECT_EQ(::lgetxattr((folder / "ping").c_str(), "security.capability", value, sizeof(value)), 20);
}

TEST(Extract, GivesFilesTheirOwnersAndModesWhateverTheirFolderGivesThem) {
  if (!is_root()) GTEST_SKIP() << "only root may give files away";
  TempFolder folder;
  tar::TarEntry shared;
  shared.name = "shared";
  shared.type = tar::TarType::kFolder;
  shared.mode = 02777;
  shared.gid = 34;
  TarText tar;
  tar.file("shared/before", "x").add(shared).file("shared/a", "x", 0666).file("shared/b", "x", 0777);
  tar.file("shared/c", "x", 0666).folder("own").file("own/d", "x", 0666).file("own/e", "x", 04711);
  const mode_t before = ::umask(027);
  extract_text(tar.end(), folder.path(), extract_options());
  ::umask(before);
  for (const auto& [name, mode] : std::map<std::string, mode_t>{{"shared/before", 0644},
                                                                {"shared/a", 0666},
                                                                {"shared/b", 0777},
                                                                {"shared/c", 0666},
                                                                {"own/d", 0666},
                                                                {"own/e", 04711}}) {
    struct stat status = {};
    ASSERT_EQ(::lstat((folder / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_gid, 0u) << name;
    EXPECT_EQ(status.st_mode & 07777, mode) << name;
  }
}

TEST(Extract, LeavesOwnersAloneWhereAsked) {
  TempFolder folder;
  tar::TarEntry entry;
  entry.name = "f";
  entry.uid = 4242;
  auto options = extract_options();
  options.owners = false;
  extract_text(TarText().add(entry).end(), folder.path(), options);
  struct stat status = {};
  ASSERT_EQ(::lstat((folder / "f").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid());
}

TEST(Extract, MakesDevicesOrSaysHowManyItCouldNot) {
  TempFolder folder;
  tar::TarEntry entry;
  entry.name = "null";
  entry.type = tar::TarType::kCharacterDevice;
  entry.uid = ::geteuid();
  entry.gid = ::getegid();
  entry.device_major = 1;
  entry.device_minor = 3;
  const auto result = extract_text(TarText().add(entry).end(), folder.path(), extract_options());
  const std::string made = tree_text(folder.path());
  EXPECT_EQ(made, result.skipped_devices == 0 ? "null c 644 1:3\n" : "");
  EXPECT_THAT(listed(result), ElementsAre("c null"));
}

TEST(Extract, TakesTheLastOfEqualNames) {
  TempFolder folder;
  extract_text(TarText().file("a", "one").folder("b").file("b/x").file("a", "two").file("b", "file").end(),
               folder.path(), extract_options());
  EXPECT_EQ(tree_text(folder.path()), "a f 644 \"two\"\nb f 644 \"file\"\n");
}

TEST(Extract, NormalisesNames) {
  TempFolder folder;
  extract_text(TarText().file("/etc/passwd", "x").file("./a//./b", "y").folder("./", 0755).end(),
               folder.path(), extract_options());
  EXPECT_EQ(file_text(folder / "etc/passwd"), "x");
  EXPECT_EQ(file_text(folder / "a/b"), "y");
}

TEST(Extract, TurnsWhiteoutsIntoOverlayfsOwn) {
  TempFolder folder;
  TarText tar;
  tar.folder("d").file("d/.wh..wh..opq").file("d/a", "x").file(".wh.gone");
  extract_text(tar.end(), folder.path(), extract_options(kUserOverlay));
  EXPECT_EQ(tree_text(folder.path()), "d d 755 opaque\nd/a f 644 \"x\"\ngone c 0 0:0\n");
  if (!is_root()) return;
  TempFolder other;
  extract_text(tar.end(), other.path(), extract_options(ExtractInto::kOverlay));
  EXPECT_EQ(tree_text(other.path()), "d d 755 opaque\nd/a f 644 \"x\"\ngone c 0 0:0\n");
}

TEST(Extract, MakesAFolderThatReplacesOneOpaque) {
  TempFolder before;
  TempFolder behind;
  extract_text(TarText().file(".wh.d").folder("d").file("d/a").end(), before.path(),
               extract_options(kUserOverlay));
  extract_text(TarText().folder("d").file("d/a").file(".wh.d").end(), behind.path(),
               extract_options(kUserOverlay));
  EXPECT_EQ(tree_text(before.path()), "d d 755 opaque\nd/a f 644 \"\"\n");
  EXPECT_EQ(tree_text(behind.path()), tree_text(before.path()));
}

TEST(Extract, RemovesFromATreeWhatWhiteoutsName) {
  TempFolder folder;
  extract_text(
      TarText().folder("d").file("d/a", "old").file("d/b").folder("e/f/g").file("e/f/x").file("k").end(),
      folder.path(), extract_options());
  extract_text(TarText().file("d/.wh.b").file(".wh.e").file("d/.wh.never").file("no/.wh.x").end(),
               folder.path(), extract_options());
  EXPECT_EQ(tree_text(folder.path()), "d d 755\nd/a f 644 \"old\"\nk f 644 \"\"\n");
}

TEST(Extract, ClearsAnOpaqueFolderOfATreeButForWhatTheLayerPutsThere) {
  TempFolder folder;
  extract_text(TarText().folder("d").file("d/a").file("d/e/old").file("d/e/both", "old").end(), folder.path(),
               extract_options());
  extract_text(TarText().file("d/e/both", "new").file("d/.wh..wh..opq").file("d/new").end(), folder.path(),
               extract_options());
  EXPECT_EQ(tree_text(folder.path()), "d d 755\nd/e d 755\nd/e/both f 644 \"new\"\nd/new f 644 \"\"\n");
}

TEST(Extract, FollowsTheLinksOfATreeInsideIt) {
  TempFolder folder;
  extract_text(TarText().folder("usr/bin").link("bin", "/usr/bin").link("up", "../../../../usr").end(),
               folder.path(), extract_options());
  extract_text(TarText().file("bin/a", "1").file("up/b", "2").end(), folder.path(), extract_options());
  EXPECT_EQ(file_text(folder / "usr/bin/a"), "1");
  EXPECT_EQ(file_text(folder / "usr/b"), "2");
}

TEST(Extract, FillsSparseFilesWithZeros) {
  TempFolder folder;
  TempFolder source;
  const std::string script =
      "cd " + source.path() +
      " && truncate -s 3M s && printf end >> s && truncate -s 4M s && for f in gnu pax; do "
      "tar --sparse --format=$f -cf $f.tar s; done; for v in 0.0 0.1 1.0; do "
      "tar --sparse --format=pax --sparse-version=$v -cf $v.tar s; done";
  ASSERT_EQ(std::system(script.c_str()), 0);
  auto options = extract_options();
  options.owners = false;
  std::string expected(4 << 20, '\0');
  expected.replace(3 << 20, 3, "end");
  for (const char* name : {"gnu.tar", "pax.tar", "0.0.tar", "0.1.tar", "1.0.tar"}) {
    const std::string tar = source.read(name);
    ASSERT_LT(tar.size(), 100'000);
    const auto result = extract_text(tar, folder.path(), options);
    EXPECT_TRUE(file_text(folder / "s") == expected) << name;
    EXPECT_EQ(result.listing.thing("s")->size, 4 << 20);
  }
}

TEST(Extract, CountsBytesBehindTheEndForTheDiffId) {
  TempFolder folder;
  const std::string tar = TarText().file("a").end("remains");
  EXPECT_EQ(extract_text(tar, folder.path(), extract_options()).diff_id, oci::Digest::of(tar));
}

}  // namespace
}  // namespace ixian::layer_files
