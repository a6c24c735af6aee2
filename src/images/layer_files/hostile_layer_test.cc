// Layers that try to get out of their folder, or to take more than they may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "compression/packer.h"
#include "layer_files/extract.h"
#include "tar/pax.h"
#include "testing/layer_blob.h"
#include "testing/temp_folder.h"

namespace ixian::layer_files {
namespace {

using testing::extract_options;
using testing::extract_text;
using testing::file_text;
using ::testing::HasSubstr;
using testing::TarText;
using testing::TempFolder;
using testing::tree_text;

// A folder to extract into, and beside it what must stay as it is.
class HostileLayer : public ::testing::TestWithParam<ExtractInto> {
 protected:
  HostileLayer() {
    std::filesystem::create_directories(folder_ / "root");
    std::filesystem::create_directories(folder_ / "out/deep");
    folder_.write("out/canary", "alive");
    ::chmod((folder_ / "out/canary").c_str(), 0640);
  }

  std::string root() const { return folder_ / "root"; }
  std::string outside() const { return folder_ / "out"; }

  // What the error says, "" where there was none. Whatever happens, nothing outside has changed.
  std::string extract(const TarText& tar, compression::Limits limits = {}) {
    auto options = extract_options(GetParam());
    options.limits = limits;
    std::string message;
    try {
      extract_text(tar.end(), root(), options);
    } catch (const base::Error& error) {
      message = error.message();
    }
    EXPECT_EQ(tree_text(outside()), "canary f 640 \"alive\"\ndeep d 755\n");
    return message;
  }

  TempFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Into, HostileLayer, ::testing::Values(ExtractInto::kTree, ExtractInto::kUserOverlay),
                         [](const auto& tested) {
                           return tested.param == ExtractInto::kTree ? "Tree" : "Overlay";
                         });

TEST_P(HostileLayer, CannotNameItsWayOut) {
  EXPECT_THAT(extract(TarText().file("../out/canary", "dead")), HasSubstr("\"..\""));
  EXPECT_THAT(extract(TarText().file("a/../../out/canary", "dead")), HasSubstr("\"..\""));
  EXPECT_THAT(extract(TarText().folder("..")), HasSubstr("\"..\""));
  EXPECT_EQ(extract(TarText().file(outside() + "/canary", "dead")), "");
  EXPECT_EQ(file_text(root() + outside() + "/canary"), "dead");
}

TEST_P(HostileLayer, CannotWriteThroughALink) {
  EXPECT_EQ(extract(TarText().link("l", outside()).file("l/canary", "dead")), "");
  EXPECT_EQ(extract(TarText().link("m", "../out").file("m/canary", "dead")), "");
  EXPECT_EQ(file_text(root() + "/out/canary"), "dead") << "resolved inside the root";
}

TEST_P(HostileLayer, CannotWriteThroughAChainOfLinks) {
  EXPECT_EQ(extract(TarText()
                        .folder("a")
                        .link("a/up", "..")
                        .link("b", "a/up/a/up/..")
                        .link("c", "b/../out")
                        .file("c/canary", "dead")
                        .folder("c/deep", 0700)),
            "");
}

TEST_P(HostileLayer, CannotLinkInARing) {
  EXPECT_THAT(extract(TarText().link("a", "b").link("b", "a").file("a/x")),
              HasSubstr("too many symbolic links"));
}

TEST_P(HostileLayer, CannotWriteIntoTheFileThatALinkNames) {
  EXPECT_EQ(extract(TarText().link("l", outside() + "/canary").file("l", "dead")), "");
  EXPECT_EQ(file_text(root() + "/l"), "dead");
}

TEST_P(HostileLayer, CannotChangeModesOutside) {
  EXPECT_EQ(extract(TarText().link("l", outside() + "/canary").folder("l", 0777)), "");
  EXPECT_EQ(extract(TarText().link("k", outside() + "/deep").file("k/.", "", 0777)), "");
}

TEST_P(HostileLayer, CannotBeARootThatIsALink) {
  EXPECT_THAT(extract(TarText().link("./", outside()).file("canary", "dead")), HasSubstr("root directory"));
}

TEST_P(HostileLayer, CannotLinkHardToSomethingOutside) {
  EXPECT_THAT(extract(TarText().hard_link("h", "../out/canary")), HasSubstr("\"..\""));
  EXPECT_THAT(extract(TarText().hard_link("h", outside() + "/canary")), HasSubstr("not in the layer"));
  EXPECT_THAT(extract(TarText().link("l", outside()).hard_link("h", "l/canary")),
              HasSubstr("not in the layer"));
  EXPECT_THAT(extract(TarText().file("h").hard_link("h", "h")), HasSubstr("itself"));
  EXPECT_THAT(extract(TarText().folder("d").hard_link("h", "d")), HasSubstr("not in the layer"));
}

TEST_P(HostileLayer, GetsALinkItselfWhenItLinksHardToALink) {
  EXPECT_EQ(extract(TarText().link("l", outside() + "/canary").hard_link("h", "l").file("h", "dead")), "");
}

TEST_P(HostileLayer, CannotRemoveThroughALink) {
  EXPECT_THAT(extract(TarText().link("l", outside()).file("l/.wh.canary")), HasSubstr("symbolic link"));
  EXPECT_THAT(extract(TarText().link("l", outside()).file("l/.wh..wh..opq")), HasSubstr("symbolic link"));
  EXPECT_THAT(extract(TarText().folder("d").link("d/l", outside()).file("d/l/deep/.wh.x")),
              HasSubstr("symbolic link"));
}

TEST_P(HostileLayer, CannotRemoveWhatIsNotItsOwn) {
  for (const char* name : {".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh.."}) {
    EXPECT_THAT(extract(TarText().folder("d").file(name)), HasSubstr("whiteout of nothing")) << name;
  }
  EXPECT_THAT(extract(TarText().file(".wh.x/y")), HasSubstr("is in a whiteout"));
}

TEST_P(HostileLayer, CannotHaveOverlayfsAttributes) {
  for (const char* name :
       {"trusted.overlay.opaque", "trusted.overlay.redirect", "trusted.overlay.metacopy"}) {
    tar::TarEntry entry;
    entry.name = "d";
    entry.type = tar::TarType::kFolder;
    entry.xattrs[name] = "y";
    EXPECT_THAT(extract(TarText().add(entry)), HasSubstr("overlayfs"));
  }
}

TEST_P(HostileLayer, CannotHaveTheDeviceThatIsAWhiteout) {
  tar::TarEntry entry;
  entry.name = "etc";
  entry.type = tar::TarType::kCharacterDevice;
  EXPECT_THAT(extract(TarText().add(entry)), HasSubstr("0:0"));
}

TEST_P(HostileLayer, CannotPutThingsBelowAFile) {
  EXPECT_THAT(extract(TarText().file("f").file("f/x")), HasSubstr("not a directory"));
  EXPECT_THAT(extract(TarText().file("f").link("l", "f").file("l/x")), HasSubstr("not a directory"));
}

TEST_P(HostileLayer, CannotHaveMoreThanItsLimits) {
  EXPECT_THAT(
      extract(TarText().file("a").file("b").file("c"), {.bytes = 1 << 20, .entries = 2, .ratio = 1000}),
      HasSubstr("more than 2 entries"));
  EXPECT_THAT(
      extract(TarText().file("a", std::string(5000, 'x')), {.bytes = 4000, .entries = 2, .ratio = 1000}),
      HasSubstr("4000 bytes"));
}

// 100 MB of zeros, of which gzip makes 0.5 MB.
TEST_P(HostileLayer, CannotUnpackToManyTimesItsSize) {
  const std::string tar = TarText().file("bomb", std::string(100 << 20, '\0')).end();
  std::vector<char> packed;
  const std::size_t size = compression::BlockCompressor(compression::Compression::kGzip)
                               .pack(tar.data(), tar.size(), true, packed);
  const std::string blob =
      compression::packed_start(compression::Compression::kGzip) + std::string(packed.data(), size) +
      compression::packed_end(compression::Compression::kGzip,
                              compression::gzip_crc(0, tar.data(), tar.size()), tar.size());
  auto options = extract_options(GetParam());
  EXPECT_NO_THROW(extract_text(blob, root(), options));
  options.limits.ratio = 100;
  try {
    extract_text(blob, root(), options);
    ADD_FAILURE() << "it was unpacked";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("more than 100 times its size"));
  }
}

TEST_P(HostileLayer, CannotHaveNamesWithoutEnd) {
  std::string name;
  for (int i = 0; i < 2000; ++i) name += "ab/";
  EXPECT_THAT(extract(TarText().file(name + "x")), HasSubstr("4096"));
  EXPECT_THAT(extract(TarText().link("l", name)), HasSubstr("4096"));
  EXPECT_THAT(extract(TarText().file(std::string(300, 'a'))), HasSubstr("255"));
}

TEST_P(HostileLayer, MayBeAsDeepAsNamesCanBe) {
  std::string name;
  for (int i = 0; i < 2000; ++i) name += "d/";
  EXPECT_EQ(extract(TarText().file(name + "x").file("d", "flat")), "");
  EXPECT_EQ(file_text(root() + "/d"), "flat");
}

// A header that says one thing of a body that is not there.
std::string header_of(char type, std::uint64_t size) {
  tar::TarEntry entry;
  entry.name = "x";
  entry.size = size;
  std::string block = tar::tar_header(entry);
  block = block.substr(block.size() - 512);
  block[156] = type;
  std::uint32_t sum = 0;
  for (int i = 148; i < 156; ++i) block[static_cast<std::size_t>(i)] = ' ';
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return block;
}

std::string refusal(const std::string& tar) {
  try {
    testing::scan_text(tar);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(HostileTar, CannotHaveAPaxRecordOfAGigabyte) {
  EXPECT_THAT(refusal(header_of('x', std::uint64_t{1} << 30)), HasSubstr("1073741824"));
  EXPECT_THAT(refusal(header_of('L', std::uint64_t{1} << 30)), HasSubstr("1073741824"));
}

std::string sparse(const std::string& map, const std::string& body = "") {
  const std::string records = tar::pax_record("GNU.sparse.size", "10000000000000") +
                              tar::pax_record("GNU.sparse.numblocks", "1") +
                              tar::pax_record("GNU.sparse.map", map);
  return header_of('x', records.size()) + records + std::string(tar::tar_padding(records.size()), '\0') +
         header_of('0', body.size()) + body + std::string(tar::tar_padding(body.size()), '\0') +
         tar::tar_end();
}

TEST(HostileTar, CannotHaveASparseMapThatLies) {
  EXPECT_THAT(refusal(sparse("0,5")), HasSubstr("does not match its content"));
  EXPECT_THAT(refusal(sparse("5,3,0,2", "12345")), HasSubstr("out of order"));
  EXPECT_THAT(refusal(sparse("0,3,2,2", "12345")), HasSubstr("out of order"));
  EXPECT_THAT(refusal(sparse("9999999999999,5", "12345")), HasSubstr("beyond its size"));
  EXPECT_THAT(refusal(sparse("1", "12345")), HasSubstr("truncated sparse map"));
  EXPECT_THAT(refusal(sparse("1,-2", "12345")), HasSubstr("invalid number"));
}

TEST(HostileTar, CannotUnpackToTerabytesOfNothing) {
  EXPECT_THAT(refusal(sparse("0,5", "12345")), HasSubstr("too long"));
}

TEST(HostileTar, CannotHaveASparseMapWithoutEnd) {
  std::string map = "0,0";
  for (int i = 0; i < 70'000; ++i) map += ",0,0";
  EXPECT_THAT(refusal(sparse(map)), HasSubstr("too many entries"));
}

}  // namespace
}  // namespace ixian::layer_files
