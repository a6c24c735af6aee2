#include "tar/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "tar/block.h"
#include "tar/pax.h"
#include "tar/reader.h"
#include "testing/temp_folder.h"

namespace ixian::tar {
namespace {

using ixian::testing::TempFolder;

std::string member(const TarEntry& entry, std::string_view body = "") {
  return tar_header(entry) + std::string(body) + std::string(tar_padding(body.size()), '\0');
}

TarEntry file_entry(std::string name, std::uint64_t size = 0) {
  TarEntry entry;
  entry.name = std::move(name);
  entry.size = size;
  return entry;
}

TarEntry read_back(const TarEntry& entry) {
  const std::string header = tar_header(entry);
  base::TextSource source(header);
  TarReader reader(source);
  return reader.next().value();
}

TarEntry everything() {
  TarEntry entry = file_entry(std::string(300, 'n') + "/\xc3\xa4", 9'000'000'000);
  entry.mode = 06755;
  entry.uid = std::numeric_limits<std::uint32_t>::max() - 1;
  entry.gid = 3'000'000'000;
  entry.user = "j\xc3\xbcrgen";
  entry.group = std::string(40, 'g');
  entry.mtime = -2;
  entry.mtime_ns = 750'000'000;
  entry.xattrs = {{"security.capability", std::string("\1\0\0\2=\n", 6)}, {"user.empty", ""}};
  return entry;
}

TEST(TarHeader, OfAPlainFileIsOneBlockOfKnownBytes) {
  TarEntry entry = file_entry("etc/hosts", 5);
  entry.mtime = 1'000'000'000;
  const std::string header = tar_header(entry);
  ASSERT_EQ(header.size(), kTarBlock);
  EXPECT_EQ(header.substr(0, 10), std::string("etc/hosts\0", 10));
  EXPECT_EQ(header.substr(100, 57), std::string("0000644\0"
                                                "0000000\0"
                                                "0000000\0"
                                                "00000000005\0"
                                                "07346545000\0"
                                                "011100\0 "
                                                "0",
                                                57));
  EXPECT_EQ(header.substr(257, 8), std::string("ustar\00000", 8));
}

TEST(TarHeader, GivesEveryFieldBack) {
  EXPECT_EQ(read_back(everything()), everything());
}

TEST(TarHeader, IsTheSameForTheSameEntry) {
  EXPECT_EQ(tar_header(everything()), tar_header(everything()));
}

TEST(TarHeader, HoldsNamesOfEveryLength) {
  for (std::size_t length = 1; length < 600; ++length) {
    std::string name;
    while (name.size() < length)
      name += name.size() % 23 == 22 ? '/' : static_cast<char>('a' + name.size() % 26);
    if (name.back() != '/') {  // a directory's
      EXPECT_EQ(read_back(file_entry(name)).name, name);
    }
    TarEntry link = file_entry("l");
    link.type = TarType::kSymlink;
    link.link = name;
    EXPECT_EQ(read_back(link), link);
  }
}

TEST(TarHeader, CutsALongNameAtASlashRatherThanExtendIt) {
  EXPECT_EQ(tar_header(file_entry(std::string(120, 'a') + "/" + std::string(100, 'b'))).size(), kTarBlock);
  EXPECT_GT(tar_header(file_entry(std::string(101, 'a'))).size(), kTarBlock);
}

TEST(TarHeader, HoldsDevicesAndFolders) {
  TarEntry device = file_entry("dev/null");
  device.type = TarType::kCharacterDevice;
  device.device_major = 1;
  device.device_minor = 3;
  EXPECT_EQ(read_back(device), device);
  TarEntry folder = file_entry("etc");
  folder.type = TarType::kFolder;
  EXPECT_EQ(read_back(folder).name, "etc/");
}

TEST(TarHeader, RefusesWhatNoArchiveCanHold) {
  EXPECT_THROW(tar_header(file_entry("")), std::invalid_argument);
  EXPECT_THROW(tar_header(file_entry(std::string("a\0b", 3))), std::invalid_argument);
  EXPECT_THROW(tar_header(file_entry(std::string(kMaxTarName + 1, 'a'))), std::invalid_argument);
  TarEntry folder = file_entry("f", 1);
  folder.type = TarType::kFolder;
  EXPECT_THROW(tar_header(folder), std::invalid_argument);
  TarEntry attributes = file_entry("f");
  attributes.xattrs["user.a=b"] = "";
  EXPECT_THROW(tar_header(attributes), std::invalid_argument);
}

TEST(TarHeader, IsReadByTar) {
  if (std::system("tar --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "tar is not installed";
  const TempFolder folder;
  const std::string name = "deep/" + std::string(150, 'x') + "/na\xc3\xafve";
  TarEntry entry = file_entry(name, 5);
  entry.mtime = 1'000'000'000;
  entry.mtime_ns = 500'000'000;
  entry.mode = 0755;
  const std::string archive = folder.write("a.tar", member(entry, "hello") + tar_end());
  const std::string command =
      "cd " + folder.path() +
      " && tar -tvf a.tar --full-time --utc --quoting-style=literal > list && tar -xf a.tar";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(folder.read(name), "hello");
  EXPECT_THAT(folder.read("list"), ::testing::StartsWith("-rwxr-xr-x 0/0"));
  EXPECT_THAT(folder.read("list"), ::testing::HasSubstr("5 2001-09-09 01:46:40.5 " + name));
}

TEST(TarPadding, FillsABlock) {
  EXPECT_EQ(tar_padding(0), 0u);
  EXPECT_EQ(tar_padding(1), 511u);
  EXPECT_EQ(tar_padding(512), 0u);
  EXPECT_EQ(tar_padding(~std::uint64_t{0}), 1u);
}

TEST(PaxRecord, CountsItsOwnDigits) {
  EXPECT_EQ(pax_record("a", "b"), "6 a=b\n");
  for (std::size_t size = 0; size < 1200; ++size) {
    const std::string record = pax_record("key", std::string(size, 'v'));
    EXPECT_EQ(std::stoul(record), record.size());
  }
}

TEST(PaxTime, CountsFractionsUpwards) {
  const auto check = [](std::string text, std::int64_t seconds, std::uint32_t nanoseconds) {
    const auto time = parse_pax_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->seconds, seconds) << text;
    EXPECT_EQ(time->nanoseconds, nanoseconds) << text;
  };
  check("1350244992.0239609", 1350244992, 23'960'900);
  check("5", 5, 0);
  check("-1.25", -2, 750'000'000);
  check("-0.5", -1, 500'000'000);
  check("1.9999999999", 1, 999'999'999);
  check("-1.0000000001", -2, 999'999'999);
  check("-0.9999999999", -1, 0);
  for (const char* wrong : {"", ".", "-", "1.x", "x", "+1", " 1", "1e3", "9223372036854775808", "1.-5"}) {
    EXPECT_FALSE(parse_pax_time(wrong)) << wrong;
  }
  EXPECT_EQ(pax_time({-2, 750'000'000}), "-1.25");
  EXPECT_EQ(pax_time({-1, 500'000'000}), "-0.5");
  EXPECT_EQ(pax_time({5, 0}), "5");
  EXPECT_EQ(pax_time({std::numeric_limits<std::int64_t>::min(), 0}), "-9223372036854775808");
}

}  // namespace
}  // namespace ixian::tar
