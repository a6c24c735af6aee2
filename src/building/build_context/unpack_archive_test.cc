// Archives of strangers, unpacked.
#include "build_context/unpack_archive.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::build_context {
namespace {

namespace fs = std::filesystem;

class UnpackArchiveTest : public ::testing::Test {
 protected:
  UnpackArchiveTest() {
    fs::create_directories(folder_ / "from");
    fs::create_directories(folder_ / "to");
  }

  // What python's tarfile makes of the lines, which add entries to `t`.
  std::string archive(const std::string& lines, const std::string& mode = "w") {
    const std::string path = folder_ / "archive";
    std::ofstream(folder_ / "make.py")
        << "import io, tarfile\n"
           "def entry(name, type=tarfile.REGTYPE, link='', data=b'', mode=0o644):\n"
           "    i = tarfile.TarInfo(name)\n"
           "    i.type, i.linkname, i.size, i.mode, i.mtime = type, link, len(data), mode, 1000\n"
           "    t.addfile(i, io.BytesIO(data))\n"
           "t = tarfile.open('"
        << path << "', '" << mode << "')\n"
        << lines << "\nt.close()\n";
    EXPECT_EQ(std::system(("/usr/bin/python3 " + std::string(folder_ / "make.py")).c_str()), 0);
    return path;
  }

  void unpack(const std::string& path) {
    const files::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    unpack_archive(fd.get(), "archive", folder_ / "to", std::make_shared<store::WorkDir>(), cancellation_);
  }

  std::string text(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream(folder_ / ("to/" + name)).rdbuf();
    return all.str();
  }

  static std::string start(const std::string& path) {
    std::string bytes(kArchiveStart, '\0');
    std::ifstream file(path);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
  }

  const ixian::testing::TempFolder folder_;
  base::Cancellation cancellation_;
};

TEST_F(UnpackArchiveTest, FilesLinksAndModesAreTheArchives) {
  unpack(
      archive("entry('d', tarfile.DIRTYPE, mode=0o750)\n"
              "entry('./d/f', data=b'one', mode=0o755)\n"
              "entry('d/hard', tarfile.LNKTYPE, 'd/f')\n"
              "entry('d/soft', tarfile.SYMTYPE, '/nowhere')\n"
              "entry('pipe', tarfile.FIFOTYPE)\n"
              "entry('d/f2', data=b'old'); entry('d/f2', data=b'new')"));
  EXPECT_EQ(text("d/f"), "one");
  EXPECT_EQ(text("d/hard"), "one");
  EXPECT_EQ(text("d/f2"), "new");
  EXPECT_EQ(fs::read_symlink(folder_ / "to/d/soft"), "/nowhere");
  EXPECT_FALSE(fs::exists(folder_ / "to/pipe"));
  struct stat status;
  ASSERT_EQ(::stat(std::string(folder_ / "to/d/f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755u);
  EXPECT_EQ(status.st_mtime, 1000);
  ASSERT_EQ(::stat(std::string(folder_ / "to/d").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0750u);
  EXPECT_EQ(status.st_mtime, 1000);
}

TEST_F(UnpackArchiveTest, NothingLeadsOut) {
  unpack(
      archive("entry('up', tarfile.SYMTYPE, '../..')\n"
              "entry('up/f', data=b'x')\n"
              "entry('/absolute', data=b'y')"));
  EXPECT_FALSE(fs::exists(folder_ / "f"));
  EXPECT_EQ(text("f"), "x");
  EXPECT_EQ(text("absolute"), "y");
  EXPECT_THROW(unpack(archive("entry('../out', data=b'x')")), base::Error);
  EXPECT_THROW(unpack(archive("entry('h', tarfile.LNKTYPE, '../from')")), base::Error);
  EXPECT_THROW(unpack(archive("entry('h', tarfile.LNKTYPE, 'not-there')")), base::Error);
}

TEST_F(UnpackArchiveTest, ItsFirstBytesSayWhatItIs) {
  for (const char* mode : {"w", "w:gz", "w:bz2", "w:xz"}) {
    const std::string path = archive("entry('f', data=b'x')", mode);
    EXPECT_TRUE(begins_as_archive(start(path))) << mode;
    fs::remove(folder_ / "to/f");
    unpack(path);
    EXPECT_EQ(text("f"), "x") << mode;
  }
  EXPECT_TRUE(begins_as_archive(start(archive(""))));
  for (const std::string& dockerfile : {std::string("FROM scratch\n"), std::string(), std::string(600, 'x')})
    EXPECT_FALSE(begins_as_archive(dockerfile));
}

TEST_F(UnpackArchiveTest, WhatIsCompressedAndNoArchiveIsRefused) {
  std::ofstream(folder_ / "f") << "text";
  ASSERT_EQ(std::system(("gzip -f " + std::string(folder_ / "f")).c_str()), 0);
  EXPECT_THROW(unpack(folder_ / "f.gz"), base::Error);
}

}  // namespace
}  // namespace ixian::build_context
