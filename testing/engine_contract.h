// What every Engine promises (engine/engine.h), as tests that each implementation runs. Nothing here runs a
// command or needs a base image, so that an engine is held to it on any machine:
//
//   struct MyFixture {                                    // an engine that has no images yet
//     engine::Engine& engine();
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(My, EngineContract, MyFixture);   // in namespace ixian::testing
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

#include "base/cancel.h"
#include "base/error.h"
#include "engine/engine.h"
#include "testing/memory_repo.h"
#include "testing/recording_sink.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

template <typename Fixture>
class EngineContract : public ::testing::Test {
 protected:
  static constexpr char kName[] = "registry.local/ixian/contract:1";
  static constexpr char kOther[] = "registry.local/ixian/contract:2";

  void SetUp() override {
    fixture_ = std::make_unique<Fixture>();
    job_.dockerfile = "FROM scratch AS files\nCOPY file /dir/\nFROM files\nENV A=b\nLABEL c=d\n";
    job_.dockerfile_name = "Dockerfile";
    job_.context = folder_.path();
    job_.tags = {kName};
    folder_.write("file", "content");
  }

  void TearDown() override {
    engine().remove_image(kName);
    engine().remove_image(kOther);
  }

  engine::Engine& engine() { return fixture_->engine(); }
  engine::BuiltStage build() { return engine().build(job_, sink_, never_); }

  // The code of the Error that building throws; 0 where it throws none.
  int build_error() {
    try {
      build();
    } catch (const base::Error& error) {
      EXPECT_FALSE(error.message().empty());
      return static_cast<int>(error.code());
    }
    return 0;
  }

  TempFolder folder_;
  base::Cancellation never_;
  RecordingSink sink_;
  engine::StageJob job_;
  std::unique_ptr<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(EngineContract);

TYPED_TEST_P(EngineContract, HasNothingUnderANameThatNobodyGave) {
  EXPECT_EQ(this->engine().resolve(this->kName), std::nullopt);
  EXPECT_FALSE(this->engine().remove_image(this->kName));
}

TYPED_TEST_P(EngineContract, HasWhatItBuiltUnderAllItsNames) {
  this->job_.tags = {this->kName, this->kOther};
  const engine::BuiltStage built = this->build();
  EXPECT_TRUE(built.complete);
  const auto found = this->engine().resolve(this->kName);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->digest, built.manifest.descriptor.digest);
  const auto other = this->engine().resolve(this->kOther);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->digest, found->digest);
}

TYPED_TEST_P(EngineContract, TellsOfEachInstructionAsAnActivity) {
  this->build();
  EXPECT_THAT(this->sink_.begun(), ::testing::Not(::testing::IsEmpty()));
}

TYPED_TEST_P(EngineContract, BuildsTheSameImageFromTheSameInput) {
  const engine::BuiltStage first = this->build();
  const engine::BuiltStage second = this->build();
  EXPECT_EQ(first.manifest.descriptor.digest, second.manifest.descriptor.digest);
}

TYPED_TEST_P(EngineContract, BuildsTheStageThatIsAskedFor) {
  this->job_.target = "files";
  const auto part = this->build().manifest.descriptor.digest;
  this->job_.target = "";
  EXPECT_NE(this->build().manifest.descriptor.digest, part);
}

TYPED_TEST_P(EngineContract, ExportsAnImageWithAllItsBlobs) {
  this->build();
  MemoryRepo to("registry.local/ixian/contract");
  const oci::Descriptor sent = this->engine().export_image(this->kName, to, "sent", this->never_);
  const auto manifest = to.read_manifest("sent");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->descriptor.digest, sent.digest);
  const auto parsed = manifest->parsed();
  const auto& image = std::get<oci::Manifest>(parsed);
  EXPECT_TRUE(to.has_blob(image.config));
  EXPECT_EQ(image.layers.size(), 1u);
  for (const auto& layer : image.layers) EXPECT_TRUE(to.has_blob(layer));
}

TYPED_TEST_P(EngineContract, ImportsWhatItExported) {
  this->build();
  MemoryRepo repo("registry.local/ixian/contract");
  this->engine().export_image(this->kName, repo, "sent", this->never_);
  this->engine().import_image(repo, "sent", this->kOther, this->never_);
  EXPECT_TRUE(this->engine().resolve(this->kOther));
}

TYPED_TEST_P(EngineContract, TakesANameAwayOnce) {
  this->build();
  EXPECT_TRUE(this->engine().remove_image(this->kName));
  EXPECT_EQ(this->engine().resolve(this->kName), std::nullopt);
  EXPECT_FALSE(this->engine().remove_image(this->kName));
}

TYPED_TEST_P(EngineContract, RefusesAStageThatIsNotThere) {
  this->job_.target = "none";
  EXPECT_NE(this->build_error(), 0);
}

TYPED_TEST_P(EngineContract, RefusesFilesThatAreNotThere) {
  this->job_.dockerfile = "FROM scratch\nCOPY none /\n";
  EXPECT_EQ(this->build_error(), static_cast<int>(base::ErrorCode::kTaskFailed));
  EXPECT_EQ(this->engine().resolve(this->kName), std::nullopt);
}

TYPED_TEST_P(EngineContract, EndsWhenItIsTold) {
  base::Cancellation told;
  told.request();
  EXPECT_THROW(this->engine().build(this->job_, this->sink_, told), base::Cancelled);
}

REGISTER_TYPED_TEST_SUITE_P(EngineContract, HasNothingUnderANameThatNobodyGave,
                            HasWhatItBuiltUnderAllItsNames, TellsOfEachInstructionAsAnActivity,
                            BuildsTheSameImageFromTheSameInput, BuildsTheStageThatIsAskedFor,
                            ExportsAnImageWithAllItsBlobs, ImportsWhatItExported, TakesANameAwayOnce,
                            RefusesAStageThatIsNotThere, RefusesFilesThatAreNotThere, EndsWhenItIsTold);

}  // namespace ixian::testing
