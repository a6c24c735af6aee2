#include "files/output_path.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

#include "base/error.h"
#include "testing/temp_folder.h"

namespace ixian::files {
namespace {

class OutputPathTest : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder_.path() + "/" + name; }

  void write(const std::string& path, const std::string& text) {
    base::Cancellation cancellation;
    OutputPath(path).write(text, cancellation);
  }

  // As an archive is written: the content is whole before the name is touched. Whether it was renamed.
  bool take(const std::string& path, const std::string& text) {
    base::Cancellation cancellation;
    const OutputPath place(path);
    const std::string temporary = place.folder() + "/.made-" + std::to_string(::getpid());
    const UniqueFd fd(::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    const bool renamed = place.take(fd.get(), temporary, cancellation);
    if (!renamed) ::unlink(temporary.c_str());
    return renamed;
  }

  static struct stat status_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status;
  }

  const ixian::testing::TempFolder folder_;
};

TEST_F(OutputPathTest, MakesAFileAndItsFolders) {
  write(at("a/b/file"), "text");
  EXPECT_EQ(read_file(at("a/b/file")), "text");
}

TEST_F(OutputPathTest, ReplacesARegularFileAndKeepsItsMode) {
  write(at("file"), "old");
  ::chmod(at("file").c_str(), 0640);
  const auto before = status_of(at("file"));
  write(at("file"), "new");
  EXPECT_EQ(read_file(at("file")), "new");
  EXPECT_NE(status_of(at("file")).st_ino, before.st_ino);
  EXPECT_EQ(status_of(at("file")).st_mode & 07777, 0640u);
  EXPECT_TRUE(take(at("file"), "newer"));
  EXPECT_EQ(read_file(at("file")), "newer");
  EXPECT_EQ(status_of(at("file")).st_mode & 07777, 0640u);
  EXPECT_EQ(folder_.count(), 1u);
}

TEST_F(OutputPathTest, WritesToWhatALinkLeadsTo) {
  write(at("real"), "old");
  ASSERT_EQ(::symlink("real", at("link").c_str()), 0);
  ASSERT_EQ(::symlink("link", at("link2").c_str()), 0);
  write(at("link2"), "new");
  EXPECT_EQ(read_file(at("real")), "new");
  EXPECT_TRUE(take(at("link2"), "newer"));
  EXPECT_EQ(read_file(at("real")), "newer");
  EXPECT_TRUE(S_ISLNK(status_of(at("link")).st_mode));
  EXPECT_TRUE(S_ISLNK(status_of(at("link2")).st_mode));
  EXPECT_EQ(folder_.count(), 3u);
}

TEST_F(OutputPathTest, MakesTheFileThatALinkWaitsFor) {
  ASSERT_EQ(::mkdir(at("d").c_str(), 0755), 0);
  ASSERT_EQ(::symlink("d/later", at("link").c_str()), 0);
  write(at("link"), "text");
  EXPECT_EQ(read_file(at("d/later")), "text");
  EXPECT_TRUE(S_ISLNK(status_of(at("link")).st_mode));
}

TEST_F(OutputPathTest, WritesIntoADevice) {
  if (::mknod(at("null").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0)
    GTEST_SKIP() << "no device can be made";
  ASSERT_EQ(::symlink("null", at("link").c_str()), 0);
  for (const char* name : {"null", "link"}) {
    write(at(name), "text");
    EXPECT_FALSE(take(at(name), "text"));
  }
  const auto status = status_of(at("null"));
  EXPECT_TRUE(S_ISCHR(status.st_mode));
  EXPECT_EQ(status.st_rdev, makedev(1, 3));
  EXPECT_EQ(folder_.count(), 2u) << "temporary files lie elsewhere";
}

TEST_F(OutputPathTest, WritesIntoAFifoOnceSomebodyReads) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = read_file(at("fifo")).value_or(""); });
  write(at("fifo"), "text");
  reader.join();
  EXPECT_EQ(got, "text");
  EXPECT_TRUE(S_ISFIFO(status_of(at("fifo")).st_mode));
}

TEST_F(OutputPathTest, WaitsForAReaderNoLongerThanItIsWanted) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  base::Cancellation cancellation;
  cancellation.request();
  EXPECT_THROW(OutputPath(at("fifo")).write("text", cancellation), base::Cancelled);
}

TEST_F(OutputPathTest, WritesIntoADescriptorFromWhereItStands) {
  const UniqueFd file(::open(at("log").c_str(), O_WRONLY | O_CREAT, 0644));
  ASSERT_EQ(::write(file.get(), "before ", 7), 7);
  write("/dev/fd/" + std::to_string(file.get()), "text");
  ASSERT_EQ(::symlink(("/proc/self/fd/" + std::to_string(file.get())).c_str(), at("link").c_str()), 0);
  write(at("link"), " again");
  EXPECT_EQ(read_file(at("log")), "before text again");

  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd one(ends[0]);
  const UniqueFd other(ends[1]);
  write("/proc/self/fd/" + std::to_string(one.get()), "text");
  char buffer[8];
  EXPECT_EQ(::read(other.get(), buffer, sizeof(buffer)), 4);
}

TEST_F(OutputPathTest, RefusesDescriptorsThatAreNotTheUsers) {
  const UniqueFd own(::open(at("own").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  const UniqueFd read_only(::open(at("own").c_str(), O_RDONLY));
  EXPECT_THROW(OutputPath("/dev/fd/" + std::to_string(own.get())), base::Error);
  EXPECT_THROW(OutputPath("/dev/fd/" + std::to_string(read_only.get())), base::Error);
  EXPECT_THROW(OutputPath("/dev/fd/987654"), base::Error);
}

TEST_F(OutputPathTest, KnowsStandardOutput) {
  EXPECT_TRUE(OutputPath("-").is_standard_output());
  EXPECT_TRUE(OutputPath("/dev/stdout").is_standard_output());
  EXPECT_TRUE(OutputPath("/dev/fd/1").is_standard_output());
  EXPECT_FALSE(OutputPath(at("file")).is_standard_output());
}

TEST_F(OutputPathTest, RefusesFoldersAndSockets) {
  EXPECT_THROW(OutputPath(folder_.path()), base::Error);
  EXPECT_THROW(OutputPath(at("new/")), base::Error);
  EXPECT_THROW(OutputPath(""), base::Error);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, at("s").c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_THROW(OutputPath(at("s")), base::Error);
  ASSERT_EQ(::symlink("loop", at("loop").c_str()), 0);
  EXPECT_THROW(OutputPath(at("loop")), base::Error);
}

}  // namespace
}  // namespace ixian::files
