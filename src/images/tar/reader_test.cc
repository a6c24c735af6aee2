#include "tar/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "tar/block.h"
#include "tar/pax.h"
#include "tar/writer.h"
#include "testing/temp_folder.h"

namespace ixian::tar {
namespace {

using ixian::testing::TempFolder;
using ::testing::AnyOf;
using ::testing::HasSubstr;

TarEntry file(std::string name, std::uint64_t size = 0) {
  TarEntry entry;
  entry.name = std::move(name);
  entry.size = size;
  return entry;
}

std::string padded(std::string_view body) {
  return std::string(body) + std::string(tar_padding(body.size()), '\0');
}

std::string member(const std::string& name, std::string_view body = "") {
  return tar_header(file(name, body.size())) + padded(body);
}

// A member whose header was changed by hand, with a checksum that is right again.
std::string changed(const TarField& field, std::string_view bytes,
                    std::string header = tar_header(file("name"))) {
  header.replace(field.offset, bytes.size(), bytes);
  seal_tar_block(header);
  return header;
}

std::string extension(char type, std::string_view body) {
  return changed(tar_field::kType, {&type, 1}, tar_header(file("././@LongLink", body.size()))) + padded(body);
}

std::vector<TarEntry> read_all(const std::string& archive) {
  base::TextSource source(archive);
  TarReader reader(source);
  std::vector<TarEntry> entries;
  while (auto entry = reader.next()) entries.push_back(*entry);
  return entries;
}

TarEntry read_one(const std::string& archive) {
  const auto entries = read_all(archive + tar_end());
  return entries.size() == 1 ? entries.front() : file("not one entry");
}

std::string problem(const std::string& archive) {
  try {
    read_all(archive);
  } catch (const TarError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TarReader, GivesMembersWithTheirBodies) {
  const std::string archive =
      member("a", "first") + member("empty") + member("b", std::string(600, 'x')) + tar_end();
  base::TextSource source(archive);
  TarReader reader(source);
  char buffer[1000];

  EXPECT_EQ(reader.next()->name, "a");
  EXPECT_EQ(reader.offset(), 512u);
  EXPECT_EQ(reader.read(buffer, 2), 2u);
  EXPECT_EQ(reader.next()->name, "empty");
  EXPECT_EQ(reader.read(buffer, 2), 0u);
  EXPECT_EQ(reader.next()->size, 600u);
  EXPECT_EQ(reader.offset(), 2048u);
  EXPECT_EQ(reader.read(buffer, sizeof(buffer)), 600u);
  EXPECT_EQ(reader.read(buffer, sizeof(buffer)), 0u);
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(TarReader, SeeksOverBodiesWhereItCan) {
  const std::string archive = member("a", std::string(100'000, 'x')) + member("b") + tar_end();
  struct Counting : base::ByteSource {
    std::string_view rest;
    std::size_t read_bytes = 0;
    std::size_t read(char* buffer, std::size_t size) override {
      const std::size_t count = rest.copy(buffer, size);
      rest.remove_prefix(count);
      read_bytes += count;
      return count;
    }
  } source;
  source.rest = archive;
  TarReader reader(source, [&](std::uint64_t count) {
    source.rest.remove_prefix(count);
    return true;
  });
  EXPECT_EQ(reader.next()->name, "a");
  EXPECT_EQ(reader.next()->name, "b");
  EXPECT_EQ(reader.offset(), archive.size() - 1024);
  EXPECT_EQ(source.read_bytes, 1024u);
}

TEST(TarReader, ReadsWhatTarWrites) {
  if (std::system("tar --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "tar is not installed";
  const TempFolder folder;
  const std::string deep = "in/" + std::string(120, 'd') + "/" + std::string(120, 'e');
  std::filesystem::create_directories(std::filesystem::path(folder / deep).parent_path());
  folder.write(deep, "hello");
  std::filesystem::create_symlink(std::string(200, 't'), folder / "in/link");
  for (const char* format : {"gnu", "posix"}) {
    const std::string command = "cd " + folder.path() +
                                " && tar -cf a.tar --sort=name --mtime=@-5 --owner=u:3000000 " +
                                "--group=g:7 --format=" + format + " in";
    ASSERT_EQ(std::system(command.c_str()), 0) << format;
    const auto entries = read_all(folder.read("a.tar"));
    ASSERT_EQ(entries.size(), 4u) << format;
    EXPECT_EQ(entries[0].name, "in/");
    EXPECT_EQ(entries[0].type, TarType::kFolder);
    EXPECT_EQ(entries[2].name, deep) << format;
    EXPECT_EQ(entries[2].uid, 3'000'000u) << format;
    EXPECT_EQ(entries[2].gid, 7u) << format;
    EXPECT_EQ(entries[2].user, "u");
    EXPECT_EQ(entries[2].mtime, -5) << format;
    EXPECT_EQ(entries[3].link, std::string(200, 't')) << format;
  }
}

TEST(TarReader, ReadsLongNamesOfGnu) {
  const std::string name(1000, 'n');
  EXPECT_EQ(read_one(extension('L', name + '\0') + member("cut")).name, name);
  std::string link = changed(tar_field::kType, "2", changed(tar_field::kLink, "cut"));
  EXPECT_EQ(read_one(extension('K', std::string("../over/there\0", 14)) + link).link, "../over/there");
}

TEST(TarReader, LetsPaxRecordsReplaceFields) {
  const std::string records =
      pax_record("path", "new") + pax_record("uid", "70000000") + pax_record("gid", "8") +
      pax_record("mtime", "-1.5") + pax_record("uname", "u") + pax_record("comment", "x") +
      pax_record("SCHILY.xattr.user.a", std::string("\0=\n", 3)) + pax_record("size", "5");
  const TarEntry entry = read_one(extension('x', records) + tar_header(file("old")) + padded("hello"));
  EXPECT_EQ(entry.name, "new");
  EXPECT_EQ(entry.uid, 70'000'000u);
  EXPECT_EQ(entry.gid, 8u);
  EXPECT_EQ(entry.mtime, -2);
  EXPECT_EQ(entry.mtime_ns, 500'000'000u);
  EXPECT_EQ(entry.size, 5u);
  EXPECT_EQ(entry.xattrs.at("user.a"), std::string("\0=\n", 3));
}

TEST(TarReader, TakesTheLastOfEqualPaxKeysAndAnEmptyOneAsNone) {
  EXPECT_EQ(read_one(extension('x', pax_record("path", "a") + pax_record("path", "b")) + member("c")).name,
            "b");
  EXPECT_EQ(read_one(extension('x', pax_record("path", "a") + pax_record("path", "")) + member("c")).name,
            "c");
}

TEST(TarReader, KeepsPaxRecordsToTheirMember) {
  const auto entries =
      read_all(extension('x', pax_record("path", "a")) + member("1") + member("2") + tar_end());
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].name, "2");
}

TEST(TarReader, PassesOverGlobalCommentsButNotGlobalNames) {
  EXPECT_EQ(read_one(extension('g', pax_record("comment", "commit 1")) + member("a")).name, "a");
  for (const char* key : {"path", "linkpath", "size", "GNU.sparse.major"}) {
    EXPECT_THAT(problem(extension('g', pax_record(key, "1")) + member("a")),
                HasSubstr("for all of its members"));
  }
}

TEST(TarReader, ReadsBase256Numbers) {
  const auto number = [](std::string_view bytes) { return tar_number(bytes); };
  EXPECT_EQ(number(std::string_view("\x80\0\0\0\0\0\0\2\0\0\0\1", 12)), (std::int64_t{2} << 32) + 1);
  EXPECT_EQ(number(std::string_view("\x80\0\0\0\0\0\x01\x02", 8)), 0x102);
  EXPECT_EQ(number("\xff\xff\xff\xff\xff\xff\xff\xfe"), -2);
  EXPECT_EQ(number(std::string_view("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12)),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(number(std::string_view("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12)), std::nullopt);
  EXPECT_EQ(number(std::string_view("\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 12)), std::nullopt);
  EXPECT_EQ(number(std::string_view("\x80\1\0\0\0\0\0\0\0\0\0\0", 12)), std::nullopt);
  EXPECT_EQ(number(std::string_view("\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", 12)),
            std::numeric_limits<std::int64_t>::min());
}

TEST(TarReader, ReadsOctalNumbersAsAnyoneWroteThem) {
  EXPECT_EQ(tar_number(std::string_view("0000644\0", 8)), 0644);
  EXPECT_EQ(tar_number("   644 "), 0644);
  EXPECT_EQ(tar_number("77777777"), 077777777);
  EXPECT_EQ(tar_number(std::string_view("\0\0\0\0", 4)), 0);
  for (const char* wrong : {"9", "-1", "0x1", "1 1", "7777777777777777777777"}) {
    EXPECT_EQ(tar_number(wrong), std::nullopt) << wrong;
  }
}

TEST(TarReader, ReadsHeadersOlderThanUstar) {
  std::string old = tar_header(file("folder/"));
  old.replace(tar_field::kMagic.offset, 8, 8, '\0');
  EXPECT_EQ(read_one(changed(tar_field::kType, std::string_view("\0", 1), old)).type, TarType::kFolder);
  old.replace(tar_field::kPrefix.offset, 3, "not");
  EXPECT_EQ(read_one(changed(tar_field::kType, std::string_view("\0", 1), old)).name, "folder/");
}

TEST(TarReader, RefusesWhatReadersTakeForTwoThings) {
  const std::string folder_by_name = tar_header(file("folder/"));
  EXPECT_THROW(read_one(changed(tar_field::kType, "0", folder_by_name)), TarError);
  EXPECT_THROW(read_one(changed(tar_field::kType, "7", folder_by_name)), TarError);
  std::string gnu = tar_header(file("file"));
  gnu.replace(tar_field::kMagic.offset, 8, std::string_view("ustar  \0", 8));
  EXPECT_EQ(read_one(changed(tar_field::kType, "0", gnu)).name, "file");
  gnu.replace(tar_field::kGnuSparse.offset, 12, "00000000001\0", 12);
  EXPECT_THROW(read_one(changed(tar_field::kType, "0", gnu)), TarError);
}

TEST(TarReader, TakesNoBodyFromLinksWhateverTheirSizeSays) {
  const std::string link =
      changed(tar_field::kType, "1", changed(tar_field::kLink, "b", tar_header(file("a", 9000))));
  const auto entries = read_all(link + member("next") + tar_end());
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].size, 0u);
  EXPECT_EQ(entries[1].name, "next");
}

TEST(TarReader, AcceptsTheEndWithAndWithoutZeros) {
  EXPECT_EQ(read_all("").size(), 0u);
  EXPECT_EQ(read_all(tar_end()).size(), 0u);
  EXPECT_EQ(read_all(member("a")).size(), 1u);
  EXPECT_EQ(read_all(member("a") + std::string(10'240, '\0')).size(), 1u);
}

TEST(TarReader, RefusesWhatFollowsTheEnd) {
  EXPECT_EQ(problem(member("a") + tar_end() + member("hidden")), "data after the end of the archive");
  EXPECT_EQ(problem(member("a") + std::string(512, '\0') + member("hidden")),
            "data after the end of the archive");
}

TEST(TarReader, NoticesAnArchiveThatIsCutAtAnyByte) {
  const std::string archive = extension('x', pax_record("path", "new")) + member("a", "hello");
  for (std::size_t size = 1; size < archive.size(); ++size) {
    EXPECT_THAT(problem(archive.substr(0, size)), HasSubstr("archive truncated")) << size;
  }
}

TEST(TarReader, NoticesEveryChangedByteOfAHeader) {
  const std::string archive = member("a");
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    std::string damaged = archive;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
    const bool in_padding = i == 154 || i == 155;  // what ends the sum's digits matters to nobody
    EXPECT_THAT(problem(damaged), AnyOf(HasSubstr("wrong checksum"), in_padding ? "no error" : "")) << i;
  }
}

TEST(TarReader, RefusesWhatDialectsDisagreeAbout) {
  EXPECT_THAT(problem(extension('L', "a") + extension('L', "b") + member("c")), HasSubstr("two long names"));
  EXPECT_THAT(problem(extension('L', "a") + extension('x', pax_record("path", "b")) + member("c")),
              HasSubstr("two long names"));
  EXPECT_THAT(
      problem(extension('x', pax_record("path", "a")) + extension('x', pax_record("uid", "1")) + member("c")),
      HasSubstr("two extended headers"));
  EXPECT_THAT(problem(extension('x', pax_record("path", "a")) + tar_end()),
              HasSubstr("before an announced member"));
}

TEST(TarReader, RefusesSparseAndUnknownTypes) {
  EXPECT_THAT(problem(changed(tar_field::kType, "S")), HasSubstr("sparse"));
  EXPECT_THAT(problem(extension('x', pax_record("GNU.sparse.major", "1")) + member("a")),
              HasSubstr("sparse"));
  for (const char* type : {"M", "V", "D", "N", "A", "8", "X", "\x01"}) {
    EXPECT_THAT(problem(changed(tar_field::kType, type)), HasSubstr("unsupported")) << type;
  }
}

TEST(TarReader, RefusesNumbersThatCannotBe) {
  EXPECT_THAT(problem(changed(tar_field::kSize, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")),
              HasSubstr("has an invalid size"));
  EXPECT_THAT(
      problem(changed(tar_field::kSize, std::string_view("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12))),
      HasSubstr("has an invalid size"));
  EXPECT_THAT(problem(changed(tar_field::kSize, "12345678z")), HasSubstr("has an invalid size"));
  EXPECT_THAT(problem(changed(tar_field::kMtime, "z")), HasSubstr("has an invalid time"));
  EXPECT_THAT(problem(changed(tar_field::kUid, std::string_view("\x80\0\0\0\xff\xff\xff\xff", 8))),
              HasSubstr("has an invalid owner"));
  for (const char* size : {"-1", "9223372036854775807", "18446744073709551616", "1 ", "0x5"}) {
    EXPECT_THAT(problem(extension('x', pax_record("size", size)) + member("a")), HasSubstr("invalid size"))
        << size;
  }
}

TEST(TarReader, RefusesLengthsThatOnlyHarm) {
  const std::string claims = tar_header(file("x", 8'000'000'000));
  EXPECT_THAT(problem(changed(tar_field::kType, "x", claims)), HasSubstr("at most 1048576"));
  EXPECT_THAT(problem(changed(tar_field::kType, "L", claims)), HasSubstr("at most 1048576"));
  EXPECT_THAT(problem(extension('L', std::string(kMaxTarName + 1, 'n')) + member("a")),
              HasSubstr("longer than"));
  EXPECT_THAT(problem(extension('x', pax_record("path", std::string(kMaxTarName + 1, 'n'))) + member("a")),
              HasSubstr("longer than"));
}

TEST(TarReader, RefusesNamesThatAreNone) {
  EXPECT_THAT(problem(changed(tar_field::kName, std::string_view("\0\0\0\0", 4))), HasSubstr("has no name"));
  EXPECT_THAT(problem(changed(tar_field::kType, "2")), HasSubstr("has no target"));
  EXPECT_THAT(problem(extension('x', pax_record("path", std::string_view("a\0b", 3))) + member("a")),
              HasSubstr("NUL"));
  EXPECT_THAT(problem(extension('L', std::string_view("\0", 1)) + member("a")), HasSubstr("has no name"));
}

TEST(TarReader, RefusesDamagedPaxRecords) {
  for (const std::string wrong : {"5 a=b\n", "7 a=b\n", "6 a=b", "x a=b\n", "6 =ab\n", "6 abc\n", "0 \n",
                                  "99999999999999999999 a=b\n", "-6 a=b\n", "1 ", "6"}) {
    EXPECT_THAT(problem(extension('x', wrong) + member("a")), HasSubstr("damaged extended header")) << wrong;
  }
}

TEST(TarReader, SurvivesRandomDamage) {
  std::mt19937 random(1);
  const std::string archive = extension('x', pax_record("path", "new") + pax_record("mtime", "1.5")) +
                              member("a", "hello") + extension('L', std::string(200, 'n')) + member("b") +
                              tar_end();
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = archive;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    for (std::size_t header = 0; header + kTarBlock <= damaged.size(); header += kTarBlock) {
      std::string block = damaged.substr(header, kTarBlock);
      if (block.substr(257, 5) != "ustar") continue;
      seal_tar_block(block);
      damaged.replace(header, kTarBlock, block);
    }
    problem(damaged);  // an answer or a TarError, nothing else
  }
}

}  // namespace
}  // namespace ixian::tar
