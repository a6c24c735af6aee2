#include "files/sparse_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::files {
namespace {

struct Result {
  std::string content;
  std::uint64_t on_disk = 0;
};

Result write_in_parts(const std::string& content, std::size_t part) {
  const testing::TempFolder folder;
  const std::string path = folder / "file";
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  SparseWriter writer(fd.get());
  for (std::size_t at = 0; at < content.size(); at += part)
    EXPECT_TRUE(writer.write(std::string_view(content).substr(at, part)));
  EXPECT_TRUE(writer.finish());
  struct stat status = {};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return {*read_file(path), static_cast<std::uint64_t>(status.st_blocks) * 512};
}

TEST(SparseWriter, WritesAnythingWhatever) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    std::string content;
    for (int run = 0; run < 6; ++run) content.append(random() % 20'000, random() % 2 == 0 ? '\0' : 'x');
    EXPECT_EQ(write_in_parts(content, 1 + random() % 70'000).content, content);
  }
  EXPECT_EQ(write_in_parts("", 1).content, "");
}

TEST(SparseWriter, LeavesZerosOut) {
  const std::string zeros(4 << 20, '\0');
  for (const std::string& content : {zeros, "x" + zeros, zeros + "x", "x" + zeros + "y" + zeros}) {
    const Result result = write_in_parts(content, 256 << 10);
    EXPECT_EQ(result.content, content);
    EXPECT_LE(result.on_disk, 64u << 10);
  }
}

}  // namespace
}  // namespace ixian::files
