// Several processes on one layout, and processes that are killed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <list>
#include <random>
#include <thread>

#include "base/text.h"
#include "files/fs.h"
#include "layout/layout_repo.h"
#include "testing/child_process.h"
#include "testing/sample_image.h"
#include "testing/temp_folder.h"

namespace ixian::layout {
namespace {

using ixian::testing::ChildProcess;
using ixian::testing::put_image;
using ixian::testing::sample_image;
using ixian::testing::SampleImage;
using ixian::testing::TempFolder;

std::unique_ptr<oci::ImageRepo> open(const std::string& folder, base::Cancellation& cancellation) {
  return open_layout(folder, LayoutUse::kWrite, cancellation);
}

// What must hold at any moment: every blob is what its name says, and every named image is complete.
void check_invariants(const std::string& folder) {
  const std::filesystem::path blobs = folder + "/blobs/sha256";
  if (std::filesystem::exists(blobs)) {
    for (const auto& entry : std::filesystem::directory_iterator(blobs)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      ASSERT_EQ(oci::Digest::of(bytes).hex(), entry.path().filename()) << bytes.size() << " bytes";
    }
  }
  base::Cancellation cancellation;
  const auto repo = open(folder, cancellation);
  for (const std::string& tag : repo->tags()) {
    const auto manifest = repo->read_manifest(tag);
    ASSERT_TRUE(manifest) << tag;
    const auto parsed = manifest->parsed();
    const auto& image = std::get<oci::Manifest>(parsed);
    ASSERT_TRUE(repo->has_blob(image.config)) << tag;
    for (const auto& layer : image.layers) ASSERT_TRUE(repo->has_blob(layer)) << tag;
  }
}

TEST(LayoutProcesses, LoseNoTagOfEachOther) {
  const TempFolder folder;
  constexpr int kProcesses = 8;
  constexpr int kTags = 5;
  std::list<ChildProcess> children;
  for (int process = 0; process < kProcesses; ++process) {
    children.emplace_back([&, process](ChildProcess&) {
      base::Cancellation cancellation;
      for (int tag = 0; tag < kTags; ++tag) {
        const std::string name = "p" + std::to_string(process) + "-" + std::to_string(tag);
        put_image(*open(folder / "images", cancellation), name, sample_image(name, 1));
      }
      return 0;
    });
  }
  for (auto& child : children) EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(layout_names(folder / "images").size(), std::size_t{kProcesses * kTags});
  check_invariants(folder / "images");
}

TEST(LayoutProcesses, ThatAreKilledLeaveAValidLayout) {
  const TempFolder folder;
  std::mt19937 random(7);
  std::size_t acknowledged = 0;
  for (int round = 0; round < 20; ++round) {
    int acknowledgements[2] = {-1, -1};
    ASSERT_EQ(::pipe(acknowledgements), 0);
    {
      ChildProcess child([&](ChildProcess& self) {
        base::Cancellation cancellation;
        self.say_ready();
        for (int i = 0;; ++i) {
          const std::string name = std::to_string(round) + "-" + std::to_string(i);
          put_image(*open(folder / "images", cancellation), name,
                    sample_image(name + std::string(100'000, 'x')));
          if (::write(acknowledgements[1], "x", 1) != 1) return 1;
        }
      });
      ASSERT_TRUE(child.wait_until_ready());
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 30));
      child.kill();
      child.wait();
    }
    ::close(acknowledgements[1]);
    for (char byte; ::read(acknowledgements[0], &byte, 1) == 1;) ++acknowledged;
    ::close(acknowledgements[0]);
    if (!std::filesystem::exists(folder / "images")) continue;
    ASSERT_NO_FATAL_FAILURE(check_invariants(folder / "images"));
  }
  base::Cancellation cancellation;
  put_image(*open(folder / "images", cancellation), "last", sample_image("last"));
  EXPECT_GE(layout_names(folder / "images").size(), acknowledged + 1) << "what was acknowledged is there";
  check_invariants(folder / "images");
  EXPECT_FALSE(std::filesystem::exists(folder / "images/blobs/.incoming"))
      << "what was left has been reclaimed";
}

TEST(LayoutProcesses, WaitForTheLockUntilTheyAreStopped) {
  const TempFolder folder;
  base::Cancellation cancellation;
  const SampleImage image = sample_image("hello");
  put_image(*open(folder / "images", cancellation), "1", image);
  ChildProcess child([&](ChildProcess& self) {
    const files::UniqueFd fd(::open((folder / "images/index.json.lock").c_str(), O_RDWR));
    struct flock range = {};
    range.l_type = F_WRLCK;
    if (::fcntl(fd.get(), F_OFD_SETLK, &range) != 0) return 1;
    self.say_ready();
    ::pause();
    return 0;
  });
  ASSERT_TRUE(child.wait_until_ready());
  const auto repo = open(folder / "images", cancellation);
  std::thread stopper([&] { cancellation.request(); });
  EXPECT_THROW(repo->put_manifest("2", image.raw), base::Cancelled);
  stopper.join();
  EXPECT_THAT(layout_names(folder / "images"), ::testing::ElementsAre("1"));
  child.kill();
  child.wait();
  base::Cancellation fresh;
  open(folder / "images", fresh)->put_manifest("2", image.raw);
  EXPECT_THAT(layout_names(folder / "images"), ::testing::ElementsAre("1", "2"));
}

}  // namespace
}  // namespace ixian::layout
