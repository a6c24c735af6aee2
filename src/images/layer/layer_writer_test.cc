#include "layer/layer_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "base/error.h"
#include "compression/compression.h"
#include "layer/read_layer.h"
#include "testing/layer_blob.h"

namespace ixian::layer {
namespace {

using ::testing::HasSubstr;

tar::TarEntry file(const std::string& name, std::uint64_t size) {
  tar::TarEntry entry;
  entry.name = name;
  entry.size = size;
  entry.mtime = 1000;
  entry.mtime_ns = 5;
  return entry;
}

// Half text, half noise: some of it shrinks.
std::string content(std::size_t size) {
  std::string text;
  std::minstd_rand random(7);
  while (text.size() < size) {
    text += "all work and no play makes jack a dull boy\n";
    for (int i = 0; i < 40; ++i) text += static_cast<char>(random());
  }
  text.resize(size);
  return text;
}

WrittenLayer write(std::string& blob, const WriteOptions& options, std::size_t size = 5 << 20) {
  base::Cancellation cancellation;
  files::TextSink sink(blob);
  LayerWriter writer(sink, options, cancellation);
  writer.whiteout("gone");
  writer.add(file("a", 0));
  writer.add(file("b", size));
  writer.write(content(size));
  tar::TarEntry folder = file("z", 0);
  folder.type = tar::TarType::kFolder;
  writer.add(folder);
  writer.opaque("z");
  return writer.finish();
}

class EachCompression : public ::testing::TestWithParam<compression::Compression> {};

INSTANTIATE_TEST_SUITE_P(Layer, EachCompression,
                         ::testing::Values(compression::Compression::kNone, compression::Compression::kGzip,
                                           compression::Compression::kZstd),
                         [](const auto& tested) {
                           return std::string(tested.param == compression::Compression::kNone   ? "None"
                                              : tested.param == compression::Compression::kGzip ? "Gzip"
                                                                                                : "Zstd");
                         });

TEST_P(EachCompression, SaysWhatItHasWritten) {
  std::string blob;
  const WriteOptions options{
      .compression = GetParam(), .latest_mtime = {}, .nanoseconds = false, .threads = 0};
  const auto written = write(blob, options);
  EXPECT_EQ(written.blob.digest, oci::Digest::of(blob));
  EXPECT_EQ(written.blob.size, blob.size());
  EXPECT_EQ(written.blob.media_type, compression::media_type_of(GetParam()));
  const auto scanned = testing::scan_text(blob);
  EXPECT_EQ(scanned.diff_id, written.diff_id);
  EXPECT_EQ(scanned.tar_size, written.tar_size);
  EXPECT_EQ(scanned.listing, written.listing);
}

TEST_P(EachCompression, GivesTheSameBytesHoweverManyThreads) {
  std::string one;
  write(one, {.compression = GetParam(), .latest_mtime = {}, .nanoseconds = false, .threads = 1});
  for (const unsigned threads : {2U, 7U}) {
    std::string other;
    write(other, {.compression = GetParam(), .latest_mtime = {}, .nanoseconds = false, .threads = threads});
    EXPECT_TRUE(one == other) << threads;
  }
}

TEST_P(EachCompression, WritesFilesOfEverySizeAroundItsChunks) {
  for (const std::size_t size :
       {0, 1, 511, 512, 513, (1 << 20) - 1536, (1 << 20) - 1024, 1 << 20, (2 << 20) + 1}) {
    std::string blob;
    const auto written = write(
        blob, {.compression = GetParam(), .latest_mtime = {}, .nanoseconds = false, .threads = 2}, size);
    base::Cancellation cancellation;
    base::TextSource source(blob);
    EXPECT_TRUE(read_file(source, *written.listing.thing("b"), 4 << 20, cancellation) == content(size))
        << size;
  }
}

TEST(LayerWriter, PacksByTheLevelThatItIsGiven) {
  for (const auto compression : {compression::Compression::kGzip, compression::Compression::kZstd}) {
    std::map<int, std::size_t> sizes;
    for (const int level : {1, compression::highest_level(compression)}) {
      std::string blob;
      const auto written = write(blob,
                                 {.compression = compression,
                                  .latest_mtime = {},
                                  .nanoseconds = false,
                                  .threads = 2,
                                  .level = level},
                                 3 << 20);
      EXPECT_EQ(testing::scan_text(blob).diff_id, written.diff_id) << level;
      sizes[level] = blob.size();
    }
    EXPECT_LT(sizes.rbegin()->second, sizes.begin()->second);
  }
}

// What these bytes are is part of many digests in registries: it must not change by accident.
TEST(LayerWriter, KeepsToItsBytes) {
  std::string blob;
  const auto written = write(blob, {.compression = compression::Compression::kNone,
                                    .latest_mtime = {},
                                    .nanoseconds = false,
                                    .threads = 0});
  EXPECT_EQ(written.diff_id.text(),
            "sha256:6b91a730bc56ecd9d808923ada1f9e8e493e6ed41672f2aa8cd1f15d38ad051e");
  blob.clear();
  const auto packed = write(blob, {.compression = compression::Compression::kGzip,
                                   .latest_mtime = {},
                                   .nanoseconds = false,
                                   .threads = 0});
  EXPECT_EQ(packed.diff_id, written.diff_id);
#ifdef __x86_64__
  EXPECT_EQ(packed.blob.digest.text(),
            "sha256:9c7155354ea8cb005550ccf571a7c1357535984f021e16a3564d2703df4b8291");
#endif
}

TEST(LayerWriter, ClampsTimes) {
  std::string blob;
  const auto written = write(blob, {.compression = compression::Compression::kNone,
                                    .latest_mtime = 10,
                                    .nanoseconds = true,
                                    .threads = 0});
  EXPECT_EQ(written.listing.thing("a")->mtime, 10);
  EXPECT_THAT(blob, ::testing::Not(HasSubstr("mtime=")));
}

TEST(LayerWriter, WritesFractionsOfSecondsOnlyWhereAsked) {
  std::string blob;
  write(blob, {.compression = compression::Compression::kNone,
               .latest_mtime = {},
               .nanoseconds = false,
               .threads = 0});
  EXPECT_THAT(blob, ::testing::Not(HasSubstr("mtime=")));
  blob.clear();
  write(blob, {.compression = compression::Compression::kNone,
               .latest_mtime = {},
               .nanoseconds = true,
               .threads = 0});
  EXPECT_THAT(blob, HasSubstr("mtime=1000.000000005"));
}

TEST(LayerWriter, InsistsOnOrderAndWholeBodies) {
  base::Cancellation cancellation;
  files::NoSink sink;
  LayerWriter writer(sink, {}, cancellation);
  writer.add(file("b", 3));
  EXPECT_THROW(writer.add(file("c", 0)), std::logic_error);
  EXPECT_THROW(writer.write("four"), std::logic_error);
  writer.write("two");
  EXPECT_THROW(writer.add(file("a", 0)), std::logic_error);
  EXPECT_THROW(writer.add(file("b", 0)), std::logic_error);
  EXPECT_THROW(writer.add(file("../c", 0)), std::invalid_argument);
}

class FullSink : public files::ByteSink {
 public:
  void write(std::string_view) override {
    throw base::Error(base::ErrorCode::kTaskFailed, "The disk is full.");
  }
};

TEST(LayerWriter, PassesOnWhatTheSinkThrows) {
  base::Cancellation cancellation;
  FullSink sink;
  LayerWriter writer(sink, {}, cancellation);
  const std::string text(1 << 20, 'x');
  EXPECT_THROW(
      {
        writer.add(file("a", 64 << 20));
        for (int i = 0; i < 64; ++i) writer.write(text);
        writer.finish();
      },
      base::Error);
}

TEST(LayerWriter, StopsWhenAskedTo) {
  base::Cancellation cancellation;
  files::NoSink sink;
  LayerWriter writer(sink, {}, cancellation);
  writer.add(file("a", 3));
  cancellation.request();
  EXPECT_THROW(writer.write("abc"), base::Cancelled);
}

TEST(LayerWriter, MayBeDroppedAtAnyMoment) {
  base::Cancellation cancellation;
  files::NoSink sink;
  LayerWriter writer(sink, {}, cancellation);
  writer.add(file("a", 30 << 20));
  writer.write(std::string(20 << 20, 'x'));
}

}  // namespace
}  // namespace ixian::layer
