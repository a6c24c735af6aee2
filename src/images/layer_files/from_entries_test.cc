#include "layer_files/from_entries.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "layer/read_layer.h"
#include "testing/layer_blob.h"
#include "testing/temp_folder.h"

namespace ixian::layer_files {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempFolder;

LayerEntry entry(const std::string& name, tar::TarType type = tar::TarType::kFile,
                 const std::string& link = "") {
  LayerEntry made;
  made.entry.name = name;
  made.entry.type = type;
  made.entry.link = link;
  made.entry.mtime = 77;
  return made;
}
LayerEntry text(const std::string& name, const std::string& content) {
  LayerEntry made = entry(name);
  made.content = InlineText{content};
  return made;
}
LayerEntry hard_link(const std::string& name, const std::string& to) {
  return entry(name, tar::TarType::kHardLink, to);
}

struct Made {
  std::string blob;
  layer::WrittenLayer written;
};

Made make(std::vector<LayerEntry> entries, const layer::MergedTree* below = nullptr) {
  base::Cancellation cancellation;
  std::string blob;
  files::TextSink sink(blob);
  auto written = from_entries(std::move(entries), sink, {}, cancellation, below);
  return {std::move(blob), std::move(written)};
}

std::string problem(std::vector<LayerEntry> entries) {
  try {
    make(std::move(entries));
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

std::vector<std::string> lines(const layer::LayerListing& listing) {
  std::vector<std::string> lines;
  for (const auto& each : listing.entries()) {
    std::string line = std::string(1, static_cast<char>(each.type)) + " " + each.path;
    if (!each.link.empty()) line += " > " + each.link;
    lines.push_back(line);
  }
  return lines;
}

std::string content(const Made& made, const std::string& path) {
  base::Cancellation cancellation;
  base::TextSource source(made.blob);
  return layer::read_file(source, *made.written.listing.thing(path), 1 << 20, cancellation);
}

TEST(FromEntries, SortsAndTakesTheLastOfEqualPaths) {
  const Made made = make({text("b", "1"), entry("a-", tar::TarType::kFolder), text("a/x", "2"),
                          text("b", "3"), entry("a", tar::TarType::kFolder)});
  EXPECT_THAT(lines(made.written.listing), ElementsAre("d a", "f a/x", "d a-", "f b"));
  EXPECT_EQ(content(made, "b"), "3");
  EXPECT_EQ(make({text("x", "1"), text("y", "2")}).blob, make({text("y", "2"), text("x", "1")}).blob);
}

TEST(FromEntries, ReadsFromFilesDescriptorsAndSources) {
  TempFolder folder;
  std::filesystem::create_directories(folder / "real");
  folder.write("real/file", "at a path");
  std::filesystem::create_symlink("/real", folder / "link");
  const auto open = [&](const std::string& path) {
    return std::make_shared<const files::UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  };
  LayerEntry at = entry("at");
  at.content = FileAt{folder / "real/file"};
  LayerEntry below = entry("below");
  below.content = FileAt{"link/file", open(folder.path())};
  LayerEntry opened = entry("opened");
  opened.content = OpenedFile{open(folder / "real/file"), "x"};
  LayerEntry later = entry("later");
  later.content = DeferredContent{[] { return std::make_unique<base::OwnedTextSource>("streamed"); }, 8, "x"};
  const Made made = make({at, below, opened, later, entry("nothing")});
  EXPECT_EQ(content(made, "at"), "at a path");
  EXPECT_EQ(content(made, "below"), "at a path") << "the link leads to a place in the folder";
  EXPECT_EQ(content(made, "opened"), "at a path");
  EXPECT_EQ(content(made, "later"), "streamed");
  EXPECT_EQ(content(made, "nothing"), "");
}

TEST(FromEntries, NamesAFileThatChangesItsSize) {
  TempFolder folder;
  const std::string path = folder.write("growing", "12345");
  LayerEntry wrong = entry("a");
  wrong.content = FileAt{path};
  wrong.entry.size = 4;
  wrong.size_known = true;
  EXPECT_THAT(problem({wrong}), HasSubstr(path + " changed while it was read"));
  for (const std::uint64_t size : {4, 6}) {
    LayerEntry later = entry("a");
    later.content =
        DeferredContent{[] { return std::make_unique<base::OwnedTextSource>("12345"); }, size, "the stream"};
    EXPECT_THAT(problem({later}), HasSubstr("the stream changed while it was read")) << size;
  }
}

TEST(FromEntries, NeverWaitsForAPipeNorFollowsALastLink) {
  TempFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe", folder / "link");
  LayerEntry pipe = entry("a");
  pipe.content = FileAt{folder / "pipe"};
  EXPECT_THAT(problem({pipe}), HasSubstr(" changed while it was read"));
  pipe.content = FileAt{folder / "link"};
  EXPECT_THAT(problem({pipe}), HasSubstr("cannot read"));
}

TEST(FromEntries, PutsTheContentUnderTheFirstNameOfAFile) {
  const Made made =
      make({hard_link("a", "m"), hard_link("z", "a"), text("m", "content"), hard_link("n", "m")});
  EXPECT_THAT(lines(made.written.listing), ElementsAre("f a", "h m > a", "h n > a", "h z > a"));
  EXPECT_EQ(content(made, "a"), "content");
}

TEST(FromEntries, RefusesHardLinksToNothing) {
  EXPECT_THAT(problem({hard_link("a", "b")}), HasSubstr("not among"));
  EXPECT_THAT(problem({hard_link("a", "b"), hard_link("b", "a")}), HasSubstr("not among"));
  EXPECT_THAT(problem({hard_link("a", "b"), entry("b", tar::TarType::kFolder)}), HasSubstr("directory"));
}

TEST(FromEntries, RefusesWhatAnImageCannotHave) {
  EXPECT_THAT(problem({text(".wh.a", "")}), HasSubstr(".wh."));
  EXPECT_THAT(problem({text("d/.wh.a/b", "")}), HasSubstr(".wh."));
  EXPECT_THAT(problem({text("f", ""), text("f/x", "")}), HasSubstr("not a directory"));
  EXPECT_THAT(problem({text("../x", "")}), HasSubstr(".."));
  LayerEntry odd = text("a", "");
  odd.entry.xattrs["user.a=b"] = "";
  EXPECT_THAT(problem({odd}), HasSubstr("cannot add /a to an image"));
}

TEST(FromEntries, WritesWhiteoutsAndOpaqueFolders) {
  LayerEntry gone = entry("d/x");
  gone.mark = LayerEntry::Mark::kWhiteout;
  LayerEntry opaque = entry("d");
  opaque.mark = LayerEntry::Mark::kOpaque;
  const Made made = make({gone, entry("d", tar::TarType::kFolder), opaque, text("d/a", "1")});
  EXPECT_THAT(lines(made.written.listing), ElementsAre("d d", "o d", "f d/a", "w d/x"));
  EXPECT_EQ(testing::scan_text(made.blob).listing, made.written.listing);
}

TEST(FromEntries, AddsTheFoldersOnTheWayAsTheyAreBelow) {
  layer::ListedEntry tmp;
  tmp.path = "tmp";
  tmp.type = layer::EntryType::kFolder;
  tmp.mode = 01777;
  tmp.gid = 5;
  tmp.mtime = 33;
  const layer::MergedTree below({std::make_shared<const layer::LayerListing>(std::vector{tmp})});
  const Made made = make({text("tmp/new/x", "1")}, &below);
  EXPECT_THAT(lines(made.written.listing), ElementsAre("d tmp", "d tmp/new", "f tmp/new/x"));
  EXPECT_EQ(made.written.listing.thing("tmp")->mode, 01777);
  EXPECT_EQ(made.written.listing.thing("tmp")->gid, 5);
  EXPECT_EQ(made.written.listing.thing("tmp")->mtime, 33);
  EXPECT_EQ(made.written.listing.thing("tmp/new")->mode, 0755);
  EXPECT_EQ(made.written.listing.thing("tmp/new")->mtime, 77);
}

}  // namespace
}  // namespace ixian::layer_files
