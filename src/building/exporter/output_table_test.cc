#include "exporter/output_table.h"

#include <gtest/gtest.h>

#include "exporter/export_image.h"
#include "files/fs.h"
#include "testing/fake_engine.h"
#include "testing/memory_repo.h"
#include "testing/recording_sink.h"
#include "testing/temp_folder.h"

namespace ixian::exporter {
namespace {

using Destination = OutputType::Destination;

TEST(OutputTable, FindsEachTypeByItsName) {
  for (const OutputType& each : output_types()) {
    const OutputVariant variant{.tar = each.destination != Destination::kDirectory,
                                .has_dest = each.destination != Destination::kDaemon};
    const OutputType* found = find_output_type(each.name, variant);
    ASSERT_NE(found, nullptr) << each.name;
    EXPECT_EQ(found->destination, each.destination) << each.name;
  }
  EXPECT_EQ(find_output_type("rootfs"), nullptr);
}

TEST(OutputTable, OciWithoutTarIsADirectory) {
  EXPECT_EQ(find_output_type("oci")->destination, Destination::kFile);
  EXPECT_EQ(find_output_type("oci", {.tar = false})->destination, Destination::kDirectory);
}

TEST(OutputTable, TarMakesNoDifferenceWhereThereIsOneForm) {
  EXPECT_EQ(find_output_type("docker", {.tar = false}), find_output_type("docker"));
  EXPECT_EQ(find_output_type("local"), find_output_type("local", {.tar = false}));
}

TEST(OutputTable, DockerWithoutADestinationIsTheDaemon) {
  EXPECT_EQ(find_output_type("docker")->destination, Destination::kFile);
  EXPECT_EQ(find_output_type("docker", {.has_dest = false})->destination, Destination::kDaemon);
  EXPECT_EQ(find_output_type("oci", {.has_dest = false})->destination, Destination::kFile);
}

TEST(OutputTable, TheStoreIsTheDefault) {
  const Output output;
  EXPECT_EQ(output.type->destination, Destination::kStore);
  EXPECT_FALSE(output.type->needs_destination());
}

TEST(OutputTable, FilesAreNoImages) {
  for (const OutputType& each : output_types())
    EXPECT_EQ(each.is_image(), each.name != "tar" && each.name != "local") << each.name;
}

class ExportImage : public ::testing::Test {
 protected:
  void run() {
    engine::StageJob job;
    job.tags = {"registry.local/shop/web:1"};
    const engine::BuiltStage built = engine_.build(job, sink_, never_);
    const OpenTarget target = [this](const oci::Reference&) { return repo_; };
    const LoadIntoDocker no_daemon;
    const OpenStore no_store = [this]() -> std::shared_ptr<store::Store> {
      ++stores_;
      return nullptr;
    };
    export_image({options_, built, engine_, target, no_store, no_daemon, sink_, never_});
  }

  ExportOptions options_;
  testing::FakeEngine engine_;
  std::shared_ptr<testing::MemoryRepo> repo_ = std::make_shared<testing::MemoryRepo>();
  testing::RecordingSink sink_;
  base::Cancellation never_;
  testing::TempFolder folder_;
  int stores_ = 0;
};

TEST_F(ExportImage, PushesEachName) {
  options_.names = {oci::parse_reference("registry.local/shop/web:1")};
  options_.outputs = {
      {find_output_type("registry"), "", {oci::parse_reference("registry.local/shop/web:2")}}};
  run();
  EXPECT_TRUE(repo_->find("1"));
  EXPECT_TRUE(repo_->find("2"));
  EXPECT_EQ(stores_, 0);
}

TEST_F(ExportImage, WritesTheFilesWithDigestsAfterTheOutputs) {
  options_.outputs = {{find_output_type("image"), "", {}}};
  options_.id_file = folder_.path() + "/id";
  run();
  EXPECT_TRUE(files::read_file(options_.id_file)->starts_with("sha256:"));
  EXPECT_EQ(stores_, 0);
}

}  // namespace
}  // namespace ixian::exporter
