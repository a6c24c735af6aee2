// Archives that other programs wrote, and other programs reading ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "layer_files/from_tree.h"
#include "testing/layer_blob.h"
#include "testing/temp_folder.h"

namespace ixian::layer_files {
namespace {

using testing::extract_options;
using testing::extract_text;
using testing::TempFolder;
using testing::tree_text;

// A tree with what archives find hard.
class ForeignArchive : public ::testing::TestWithParam<const char*> {
 protected:
  ForeignArchive() {
    folder_.write("pack.py",
                  "import sys, tarfile\n"
                  "with tarfile.open('out', sys.argv[1], format=getattr(tarfile, sys.argv[2])) as archive:\n"
                  "    archive.add('tree', '.')\n");
    const std::string deep(150, 'd');
    run("mkdir -p tree/" + deep + "/" + deep + " tree/empty 'tree/sp ace' && cd tree && printf long > " +
        deep + "/" + deep + "/file && printf 1 > a && ln a b && ln -s " + deep + "/" + deep +
        "/file link && ln -s /" + deep + deep +
        " dangling && mkfifo pipe && chmod 6711 a && printf u > 'sp ace/\xc3\xa9\xe2\x82\xac' && truncate -s "
        "70000 zeros "
        "&& chmod 750 empty && touch -d @1234567890.5 a empty");
  }
  void run(const std::string& script) {
    ASSERT_EQ(std::system(("cd " + folder_.path() + " && { " + script + "; }").c_str()), 0) << script;
  }
  TempFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(
    Of, ForeignArchive,
    ::testing::Values("tar --format=gnu -cf out -C tree .", "tar --format=pax -cf out -C tree .",
                      "tar --format=posix --sparse -czf out -C tree .",
                      "tar --format=gnu --sparse -cf out -C tree .", "bsdtar --format=pax -cf out -C tree .",
                      "bsdtar --format=gnutar -czf out -C tree .",
                      "tar --format=pax --zstd -cf out -C tree .", "python3 pack.py w PAX_FORMAT",
                      "python3 pack.py w:gz GNU_FORMAT"));

TEST_P(ForeignArchive, IsExtractedAsItWasPacked) {
  run(GetParam());
  TempFolder out;
  extract_text(folder_.read("out"), out.path(), extract_options());
  EXPECT_EQ(tree_text(out.path()), tree_text(folder_ / "tree"));
  struct stat status = {};
  ASSERT_EQ(::stat((out / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'234'567'890);
  EXPECT_EQ(status.st_nlink, 2);
}

// Reads out.tar.gz into out/.
class ForeignReader : public ForeignArchive {};

INSTANTIATE_TEST_SUITE_P(
    Of, ForeignReader,
    ::testing::Values("tar -xpf out.tar.gz -C out", "bsdtar -xpf out.tar.gz -C out",
                      "python3 -c 'import tarfile; tarfile.open(\"out.tar.gz\").extractall(\"out\")'"));

TEST_P(ForeignReader, ReadsWhatWeWrite) {
  base::Cancellation cancellation;
  std::string blob;
  files::TextSink sink(blob);
  from_tree(folder_ / "tree", sink, {}, cancellation);
  folder_.write("out.tar.gz", blob);
  run("mkdir out");
  run(GetParam());
  EXPECT_EQ(tree_text(folder_ / "out"), tree_text(folder_ / "tree"));
}

}  // namespace
}  // namespace ixian::layer_files
