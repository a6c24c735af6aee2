#include "layer_files/from_tree.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>

#include "base/error.h"
#include "layer_files/tidy_upper.h"
#include "testing/layer_blob.h"
#include "testing/temp_folder.h"

namespace ixian::layer_files {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempFolder;

std::vector<std::string> lines(const layer::LayerListing& listing) {
  std::vector<std::string> lines;
  for (const auto& each : listing.entries()) {
    std::string line = std::string(1, static_cast<char>(each.type)) + " " + each.path;
    if (!each.link.empty()) line += " > " + each.link;
    lines.push_back(line);
  }
  return lines;
}

void shell(const std::string& script, const std::string& folder) {
  ASSERT_EQ(std::system(("cd " + folder + " && { " + script + "; }").c_str()), 0) << script;
}

struct Made {
  std::string blob;
  layer::WrittenLayer written;
};

Made upper(const std::string& folder, Marks marks = Marks::kUser) {
  base::Cancellation cancellation;
  std::string blob;
  files::TextSink sink(blob);
  auto written = from_upper(folder, marks, false, sink, {}, cancellation);
  return {std::move(blob), std::move(written)};
}

Made diff(const std::string& before, const std::string& after, std::optional<timespec> copied_at = {}) {
  base::Cancellation cancellation;
  std::string blob;
  files::TextSink sink(blob);
  auto written = from_diff(before, after, sink, {.write = {}, .copied_at = copied_at}, cancellation);
  return {std::move(blob), std::move(written)};
}

Made whole(const std::string& folder) {
  base::Cancellation cancellation;
  std::string blob;
  files::TextSink sink(blob);
  auto written = from_tree(folder, sink, {}, cancellation);
  return {std::move(blob), std::move(written)};
}

std::string upper_problem(const std::string& folder) {
  try {
    upper(folder);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

// Overlay's attributes where the file system takes them from us.
bool set(const std::string& path, const char* name, const std::string& value) {
  return ::setxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
}

TEST(FromUpper, TurnsOverlayfsOwnIntoWhiteouts) {
  TempFolder folder;
  shell("mkdir -p d/new && echo x > d/new/f && mknod d/gone c 0 0 && touch d/also", folder.path());
  if (!set(folder / "d/new", "user.overlay.opaque", "y")) GTEST_SKIP() << "no user attributes here";
  ASSERT_TRUE(set(folder / "d/also", "user.overlay.whiteout", "y"));
  ASSERT_TRUE(set(folder / "d", "user.overlay.impure", "y"));
  ASSERT_TRUE(set(folder / "d/new/f", "user.note", "kept"));
  const Made made = upper(folder.path());
  EXPECT_THAT(lines(made.written.listing),
              ElementsAre("d d", "w d/also", "w d/gone", "d d/new", "o d/new", "f d/new/f"));
  EXPECT_EQ(testing::scan_text(made.blob).listing, made.written.listing);
  TempFolder out;
  testing::extract_text(made.blob, out.path(), testing::extract_options());
  char value[16];
  EXPECT_EQ(::getxattr((out / "d/new/f").c_str(), "user.note", value, sizeof(value)), 4);
  EXPECT_LT(::getxattr((out / "d").c_str(), "user.overlay.impure", value, sizeof(value)), 0);
}

TEST(FromUpper, RefusesWhatItCannotRead) {
  TempFolder folder;
  shell("mkdir moved; touch meta", folder.path());
  if (!set(folder / "moved", "user.overlay.redirect", "/old")) GTEST_SKIP() << "no user attributes here";
  EXPECT_THAT(upper_problem(folder.path()), HasSubstr("redirect_dir=on"));
  ::removexattr((folder / "moved").c_str(), "user.overlay.redirect");
  ASSERT_TRUE(set(folder / "meta", "user.overlay.metacopy", ""));
  EXPECT_THAT(upper_problem(folder.path()), HasSubstr("metacopy=on"));
  EXPECT_THAT(upper_problem(folder / "nowhere"), HasSubstr("cannot open"));
}

TEST(FromUpper, RefusesNamesThatWouldReadAsWhiteouts) {
  TempFolder folder;
  shell("touch .wh.passwd", folder.path());
  EXPECT_THAT(upper_problem(folder.path()), HasSubstr(".wh."));
}

TEST(FromTree, HasEverythingButSockets) {
  TempFolder folder;
  shell("mkdir d && echo x > d/f && ln d/f a && ln -s /d l && mkfifo p", folder.path());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  (folder / "s").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(fd);
  EXPECT_THAT(lines(whole(folder.path()).written.listing),
              ElementsAre("f a", "d d", "h d/f > a", "l l > /d", "p p"));
}

TEST(FromTree, ComesBackAsItWas) {
  TempFolder folder;
  shell(
      "mkdir -p a/b/c && printf 1 > a/b/c/f && chmod 4711 a/b/c/f && ln -s ../x a/l && chmod 555 a/b && ln "
      "a/b/c/f g",
      folder.path());
  TempFolder out;
  testing::extract_text(whole(folder.path()).blob, out.path(), testing::extract_options());
  EXPECT_EQ(testing::tree_text(out.path()), testing::tree_text(folder.path()));
  EXPECT_EQ(whole(out.path()).blob, whole(folder.path()).blob);
}

// Two equal trees, of which the second is then changed.
class Diff : public ::testing::Test {
 protected:
  Diff() {
    shell(
        "mkdir -p before/d/e before/k && cd before && echo 1 > d/a && echo 2 > d/e/b && echo 3 > k/c && ln "
        "-s x l "
        "&& ln d/a d/h && cd .. && cp -a before after",
        folder_.path());
  }
  std::vector<std::string> changes(const std::string& script) {
    shell(script, folder_ / "after");
    return lines(diff(folder_ / "before", folder_ / "after").written.listing);
  }
  TempFolder folder_;
};

TEST_F(Diff, IsEmptyWhereNothingHasChanged) {
  EXPECT_TRUE(diff(folder_ / "before", folder_ / "after").written.empty());
}

TEST_F(Diff, HasNewFilesWithTheFoldersOnTheWay) {
  EXPECT_THAT(changes("echo x > d/e/new"), ElementsAre("d d", "d d/e", "f d/e/new"));
}

TEST_F(Diff, HasWhiteoutsOfWhatIsGone) {
  EXPECT_THAT(changes("rm -r k d/e/b"), ElementsAre("d d", "d d/e", "w d/e/b", "w k"));
}

TEST_F(Diff, SeesChangedModes) {
  EXPECT_THAT(changes("chmod 600 k/c"), ElementsAre("d k", "f k/c"));
}

TEST_F(Diff, SeesContentThatHidesBehindItsOldTime) {
  EXPECT_THAT(changes("touch -r k/c ../t && printf '4\\n' > k/c && touch -r ../t k/c"),
              ElementsAre("d k", "f k/c"));
}

TEST_F(Diff, SeesOneThingBecomeAnother) {
  EXPECT_THAT(changes("rm -r k && ln -s d k && rm l && mkdir l && touch l/x"),
              ElementsAre("l k > d", "d l", "f l/x"));
}

TEST_F(Diff, KeepsAllNamesOfAFileTogether) {
  EXPECT_THAT(changes("ln d/a d/z"), ElementsAre("d d", "f d/a", "h d/h > d/a", "h d/z > d/a"));
}

TEST_F(Diff, SeesTwoFilesBecomeOne) {
  EXPECT_THAT(changes("ln -f k/c d/e/b"), ElementsAre("d d", "d d/e", "f d/e/b", "d k", "h k/c > d/e/b"));
}

TEST_F(Diff, DoesNotReadWhatWasNotTouchedSinceItWasCopied) {
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += 5;
  // As if the change had been made before: the time alone is believed.
  shell("touch -r k/c ../t && printf '4\\n' > k/c && touch -r ../t k/c", folder_ / "after");
  EXPECT_TRUE(diff(folder_ / "before", folder_ / "after", now).written.empty());
  now.tv_sec -= 1000;
  EXPECT_FALSE(diff(folder_ / "before", folder_ / "after", now).written.empty());
}

// The same commands on a real overlay and on a copy.
class BothWays : public ::testing::Test {
 protected:
  void compare(const std::string& script) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may mount an overlay here";
    const std::string place = folder_.path();
    shell("mkdir -p mnt/tmp && mount -t tmpfs none mnt && cd mnt && mkdir lower upper work merged", place);
    const std::string mount = place + "/mnt/";
    shell(
        "mkdir -p etc var/log/old usr/bin tmp && echo root > etc/passwd && echo 1 > var/log/a && echo 2 > "
        "var/log/old/b && ln -s usr/bin bin && echo x > usr/bin/x && chmod 1777 tmp && touch -d @1000000 . "
        "etc var "
        "var/log var/log/old usr usr/bin tmp etc/passwd var/log/a var/log/old/b usr/bin/x && touch -h -d "
        "@1000000 "
        "bin && cp -a ../lower ../copy",
        mount + "lower");
    const std::string options =
        "lowerdir=" + mount + "lower,upperdir=" + mount + "upper,workdir=" + mount + "work";
    if (::mount("overlay", (mount + "merged").c_str(), "overlay", 0, options.c_str()) != 0) {
      shell("umount mnt", place);
      GTEST_SKIP() << "no overlay can be mounted here";
    }
    // Whatever a script touches gets one time, so that both runs leave the same.
    const std::string same_time = script + "; find . -newermt @2000000 -exec touch -h -d @1500000000 {} +";
    shell(same_time, mount + "merged");
    shell("umount merged", mount);
    shell(same_time, mount + "copy");
    const Made raw = upper(mount + "upper", Marks::kTrusted);
    base::Cancellation never;
    EXPECT_FALSE(tidy_upper(mount + "upper", {mount + "lower"}, Marks::kTrusted, {}, never));
    const Made one = upper(mount + "upper", Marks::kTrusted);
    const Made other = diff(mount + "lower", mount + "copy");
    EXPECT_THAT(lines(one.written.listing), ::testing::ElementsAreArray(lines(other.written.listing)));
    EXPECT_TRUE(one.blob == other.blob);
    // And the layer, applied to the tree below, gives the tree that the commands left.
    for (const Made* layer : {&one, &raw}) {
      TempFolder applied;
      testing::extract_text(whole(mount + "lower").blob, applied.path(), testing::extract_options());
      testing::extract_text(layer->blob, applied.path(), testing::extract_options());
      EXPECT_EQ(testing::tree_text(applied.path()), testing::tree_text(mount + "copy"));
    }
    shell("umount mnt", place);
  }
  TempFolder folder_;
};

TEST_F(BothWays, GiveTheSameLayerForNewAndChangedFiles) {
  compare("mkdir -p opt/app/lib && echo x > opt/app/lib/x && echo more >> etc/passwd && ln -s x usr/bin/y");
}

TEST_F(BothWays, GiveTheSameLayerForRemovedFiles) {
  compare("rm -r var/log/old etc/passwd");
}

TEST_F(BothWays, GiveTheSameLayerForReplacedFolders) {
  compare("rm -r var && mkdir -p var/log && echo new > var/log/c && rm bin && mkdir bin && echo 1 > bin/z");
}

TEST_F(BothWays, GiveTheSameLayerForFoldersThatBecomeFilesAndBack) {
  compare("rm -r var/log && echo file > var/log && rm etc/passwd && mkdir etc/passwd && touch etc/passwd/x");
}

TEST_F(BothWays, GiveTheSameLayerForModesOwnersAndLinks) {
  compare("chmod 4755 usr/bin/x && chown 7:8 etc/passwd && ln var/log/a var/log/z && chmod 700 tmp");
}

TEST_F(BothWays, GiveTheSameLayerForMovedFiles) {
  compare("mv var/log/a etc/a && mv usr/bin/x usr/x && mkfifo tmp/p && mknod tmp/null c 1 3");
}

}  // namespace
}  // namespace ixian::layer_files
