#include "compression/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::compression {
namespace {

using ::testing::HasSubstr;
using testing::TempFolder;

// Gives its bytes in pieces of `step`.
class Drip : public base::ByteSource {
 public:
  Drip(std::string_view text, std::size_t step) : rest_(text), step_(step) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = rest_.copy(buffer, std::min(size, step_));
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::size_t step_;
};

std::string unpacked(std::string_view packed, std::size_t step = 1 << 20, std::size_t room = 64 << 10) {
  Drip source(packed, step);
  const auto bytes = unpack(source);
  std::string text;
  std::string buffer(room, '\0');
  while (const std::size_t count = bytes->read(buffer.data(), buffer.size())) text.append(buffer, 0, count);
  EXPECT_EQ(bytes->read(buffer.data(), 1), 0) << "the end stays the end";
  return text;
}

std::string problem(std::string_view packed) {
  try {
    unpacked(packed);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i * 7919 % 10'007) + " green bottles\n";
  return text;
}

// By a program that is no relative of ours.
std::string packed(const std::string& command, const std::string& text) {
  TempFolder folder;
  folder.write("in", text);
  const std::string line = command + " < " + (folder / "in") + " > " + (folder / "out");
  EXPECT_EQ(std::system(line.c_str()), 0) << line;
  return folder.read("out");
}

TEST(Compression, IsToldByMagicNumbers) {
  EXPECT_EQ(compression_of("\x1f\x8b\x08"), Compression::kGzip);
  EXPECT_EQ(compression_of("\x28\xb5\x2f\xfd"), Compression::kZstd);
  EXPECT_EQ(compression_of("\x5e\x2a\x4d\x18"), Compression::kZstd);
  EXPECT_EQ(compression_of("etc/"), Compression::kNone);
  EXPECT_EQ(compression_of(""), Compression::kNone);
}

TEST(Unpack, ReadsWhatOtherProgramsPack) {
  const std::string text = sample();
  for (const char* command :
       {"gzip -1", "gzip -9n", "igzip -3 -c", "zstd -q -1", "zstd -q -19 --check", "cat"}) {
    const std::string bytes = packed(command, text);
    EXPECT_TRUE(unpacked(bytes) == text) << command;
    EXPECT_TRUE(unpacked(bytes, 7, 1000) == text) << command << " in small pieces";
  }
}

TEST(Unpack, ReadsSeveralMembersAndFrames) {
  const std::string gzip = packed("gzip -6", "one ") + packed("gzip", "") + packed("gzip -1", "two");
  const std::string zstd =
      packed("zstd -q", "one ") + std::string("\x50\x2a\x4d\x18\x03\0\0\0abc", 11) + packed("zstd -q", "two");
  for (const std::size_t step : {1, 3, 1000}) {
    EXPECT_EQ(unpacked(gzip, step), "one two");
    EXPECT_EQ(unpacked(zstd, step), "one two");
  }
}

TEST(Unpack, PassesOverZerosAtTheEnd) {
  const std::string zeros(3000, '\0');
  EXPECT_EQ(unpacked(packed("gzip", "text") + zeros), "text");
  EXPECT_EQ(unpacked(packed("zstd -q", "text") + zeros), "text");
}

TEST(Unpack, RefusesOtherThingsAtTheEnd) {
  EXPECT_THAT(problem(packed("gzip", "text") + "more"), HasSubstr("follows"));
  EXPECT_THAT(problem(packed("zstd -q", "text") + "more"), HasSubstr("follows"));
  EXPECT_THAT(problem(packed("gzip", "text") + "\x1f"), HasSubstr("follows"));
}

TEST(Unpack, RefusesWhatIsCutAnywhere) {
  for (const char* command : {"gzip", "zstd -q --check"}) {
    const std::string bytes = packed(command, "some text, some text, some more text");
    for (std::size_t size = 4; size < bytes.size(); ++size) {
      EXPECT_THAT(problem(std::string_view(bytes).substr(0, size)), HasSubstr("cannot unpack"))
          << command << " " << size;
    }
  }
}

TEST(Unpack, RefusesAWrongChecksumAndLength) {
  std::string gzip = packed("gzip", "some text");
  gzip[gzip.size() - 8] ^= 1;
  EXPECT_THAT(problem(gzip), HasSubstr("checksum"));
  gzip = packed("gzip", "some text");
  gzip[gzip.size() - 4] ^= 1;
  EXPECT_NE(problem(gzip), "");
  std::string zstd = packed("zstd -q --check", "some text");
  zstd.back() ^= 1;
  EXPECT_THAT(problem(zstd), HasSubstr("cannot unpack"));
}

TEST(Unpack, RefusesWindowsOver64MiB) {
  const std::string text(1000, 'x');
  EXPECT_EQ(unpacked(packed("zstd -q --long=26 -", text)), text);
  // The frame header says 128 MiB: descriptor without content size, window exponent 17 over 1 KiB.
  std::string frame("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00", 9);
  EXPECT_THAT(problem(frame), HasSubstr("cannot unpack"));
}

TEST(Unpack, HasNothingInNothing) {
  EXPECT_EQ(unpacked(""), "");
}

TEST(LayerTypes, AreOcisAndDockers) {
  EXPECT_TRUE(is_layer_type("application/vnd.oci.image.layer.v1.tar+gzip"));
  EXPECT_TRUE(is_layer_type("application/vnd.docker.image.rootfs.diff.tar.gzip"));
  EXPECT_FALSE(is_layer_type("application/vnd.oci.image.config.v1+json"));
  EXPECT_FALSE(is_layer_type(""));
}

}  // namespace
}  // namespace ixian::compression
