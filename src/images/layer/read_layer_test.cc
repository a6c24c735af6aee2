#include "layer/read_layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/layer_blob.h"

namespace ixian::layer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::layer_descriptor;
using testing::scan_text;
using testing::TarText;

std::string sample() {
  return TarText()
      .link("l", "d")
      .folder("d")
      .file("l/a", "first")
      .file("d/b", "second")
      .file("d/a", "third")
      .file("d/c", std::string(3'000'000, 'c'))
      .end();
}

TEST(Scan, ListsEntriesWhereTheyWillBe) {
  const auto scanned = scan_text(sample());
  std::vector<std::string> paths;
  for (const auto& entry : scanned.listing.entries()) paths.push_back(entry.path);
  EXPECT_THAT(paths, ElementsAre("d", "d/a", "d/b", "d/c", "l"));
  EXPECT_EQ(scanned.listing.thing("d/a")->size, 5) << "the last of equal ones";
  EXPECT_EQ(scanned.tar_size, sample().size());
  EXPECT_EQ(scanned.diff_id, oci::Digest::of(sample()));
}

std::string problem(const std::string& blob, const oci::Descriptor& descriptor,
                    const std::optional<oci::Digest>& diff_id = std::nullopt) {
  base::Cancellation cancellation;
  base::TextSource source(blob);
  try {
    scan(source, descriptor, diff_id, {}, cancellation);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(Scan, RefusesBytesThatAreNotTheBlobs) {
  const std::string blob = sample();
  const auto right = layer_descriptor(blob);
  EXPECT_EQ(problem(blob, right, oci::Digest::of(blob)), "");
  auto wrong = right;
  wrong.digest = oci::Digest::of("other");
  EXPECT_THAT(problem(blob, wrong), HasSubstr("digest mismatch"));
  wrong = right;
  wrong.size += 1;
  EXPECT_THAT(problem(blob, wrong), HasSubstr("closed early, after"));
  wrong.size -= 2;
  EXPECT_THAT(problem(blob, wrong), HasSubstr("is longer than"));
  EXPECT_THAT(problem(blob, right, oci::Digest::of("other")),
              HasSubstr("digest mismatch of its unpacked content"));
  wrong = right;
  wrong.media_type = oci::kOciConfig;
  EXPECT_THAT(problem(blob, wrong), HasSubstr("not a layer"));
  EXPECT_THAT(problem("no tar", layer_descriptor("no tar")), HasSubstr("damaged"));
}

TEST(ReadFiles, GivesContentInTheOrderOfTheLayer) {
  const std::string blob = sample();
  const auto listing = scan_text(blob).listing;
  base::Cancellation cancellation;
  base::TextSource source(blob);
  std::vector<std::string> seen;
  read_files(
      source, {*listing.thing("d/a"), *listing.thing("d/b")},
      [&](const ListedEntry& file, base::ByteSource& content) {
        seen.push_back(file.path + "=" + base::read_all(content, 100, "it"));
      },
      cancellation);
  EXPECT_THAT(seen, ElementsAre("d/b=second", "d/a=third"));
}

// Counts how much of a blob is read.
class Counted : public base::ByteSource {
 public:
  explicit Counted(std::string_view text) : source_(text) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = source_.read(buffer, size);
    total += count;
    return count;
  }
  std::size_t total = 0;

 private:
  base::TextSource source_;
};

TEST(ReadFiles, ReadsNoFurtherThanNeeded) {
  const std::string blob = sample();
  const auto listing = scan_text(blob).listing;
  base::Cancellation cancellation;
  Counted source(blob);
  EXPECT_EQ(read_file(source, *listing.thing("d/a"), 100, cancellation), "third");
  EXPECT_LT(source.total, 300'000);
}

TEST(ReadFile, RefusesWhatIsNotThereOrTooLong) {
  const std::string blob = sample();
  auto listing = scan_text(blob).listing;
  base::Cancellation cancellation;
  base::TextSource first(blob);
  EXPECT_THROW(read_file(first, *listing.thing("d/c"), 1000, cancellation), base::Error);
  auto moved = *listing.thing("d/a");
  moved.offset += 512;
  base::TextSource second(blob);
  EXPECT_THROW(read_file(second, moved, 1000, cancellation), base::Error);
}

}  // namespace
}  // namespace ixian::layer
