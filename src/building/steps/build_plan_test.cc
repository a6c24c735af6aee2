// Keys: what changes them, and what does not.

#include "steps/build_plan.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "testing/memory_view.h"

namespace ixian::steps {
namespace {

// Plans over FROM scratch need neither a registry nor a store that holds anything.
class Keys : public ::testing::Test {
 protected:
  Keys() {
    std::string name = (std::filesystem::temp_directory_path() / "ix-keys-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    store_ = store::Store::open(folder_ + "/store", cancellation_);
    services_ = std::make_unique<snapshot::LayerContext>(store_, sink_, cancellation_);
  }
  ~Keys() override {
    services_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  BuildPlan plan(const std::string& dockerfile) {
    job_.dockerfile = dockerfile;
    job_.dockerfile_name = "Dockerfile";
    snapshot::BaseImages bases(*services_,
                               [](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
                                 throw base::Error(base::ErrorCode::kRegistry,
                                                   "asked for " + reference.text());
                               },
                               engine::PullPolicy::kMissing, {});
    fetch::Fetcher remote(store_, [this]() -> http::Client& { return *client_; });
    files::StatCache known_files(folder_ + "/file-cache");
    MountedContext mounted(context_, known_files, cancellation_);
    return make_build_plan(job_, {context_, known_files, bases, remote, sink_, cancellation_, mounted});
  }
  std::string key(const std::string& dockerfile) {
    const BuildPlan made = plan("FROM scratch\n" + dockerfile);
    return made.stages.at(made.target).key();
  }

  base::Cancellation cancellation_;
  base::NullSink sink_;
  std::string folder_;
  std::shared_ptr<store::Store> store_;
  std::unique_ptr<snapshot::LayerContext> services_;
  http::Client* client_ = nullptr;
  std::shared_ptr<testing::MemoryView> context_ = std::make_shared<testing::MemoryView>();
  engine::StageJob job_;
};

TEST_F(Keys, AreTheSameEachTime) {
  context_->file("a", "1");
  EXPECT_EQ(key("COPY a /b\nRUN x\n"), key("COPY a /b\nRUN x\n"));
}

TEST_F(Keys, ChangeWithTheCommandAndAllThatItSees) {
  const std::string before = key("RUN x\n");
  EXPECT_NE(key("RUN y\n"), before);
  EXPECT_NE(key("ENV A=1\nRUN x\n"), before);
  EXPECT_NE(key("USER 1\nRUN x\n"), before);
  EXPECT_NE(key("SHELL [\"s\"]\nRUN x\n"), before);
  EXPECT_NE(key("RUN --network=none x\n"), before);
  EXPECT_NE(key("RUN --mount=type=cache,target=/c x\n"), before);
  job_.platform = oci::parse_platform("linux/s390x");
  EXPECT_NE(key("RUN x\n"), before);
}

TEST_F(Keys, ChangeWithTheContentThatACopyTakesAndWithNoOther) {
  context_->file("a", "1").file("b", "1");
  const std::string before = key("COPY a /x\n");
  context_->file("b", "2");
  EXPECT_EQ(key("COPY a /x\n"), before);
  context_->file("a", "2");
  EXPECT_NE(key("COPY a /x\n"), before);
}

TEST_F(Keys, DoNotChangeWithTheConfiguration) {
  EXPECT_EQ(key("LABEL a=b\nCMD x\nEXPOSE 1\nRUN x\n"), key("RUN x\n"));
}

TEST_F(Keys, HoldBuildArgumentsOnlyWhereTheyAreDeclared) {
  const std::string undeclared = key("RUN x\n");
  const std::string declared = key("ARG A\nRUN x\n");
  job_.build_args = {{"A", "1"}};
  EXPECT_EQ(key("RUN x\n"), undeclared);
  EXPECT_NE(key("ARG A\nRUN x\n"), declared);
}

TEST_F(Keys, HoldTheKeyOfAStageThatIsCopiedFrom) {
  const std::string rest = "FROM scratch\nCOPY --from=0 /x /x\n";
  EXPECT_NE(plan("FROM scratch\nRUN a\n" + rest).stages.at(1).key(),
            plan("FROM scratch\nRUN b\n" + rest).stages.at(1).key());
}

TEST_F(Keys, NeverHoldASecret) {
  const std::string before = key("RUN --mount=type=secret,id=s x\n");
  job_.secrets = {{"s", "/nowhere", ""}};
  EXPECT_EQ(key("RUN --mount=type=secret,id=s x\n"), before);
}

TEST_F(Keys, StagesThatTheTargetDoesNotNeedAreNotPlanned) {
  const BuildPlan made = plan("FROM nowhere.example/x\nFROM scratch\nRUN a\n");
  EXPECT_EQ(made.stages.size(), 1u);
}

TEST_F(Keys, AFileThatIsNotThereIsAnErrorAtItsLine) {
  try {
    key("RUN a\nCOPY none /x\n");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_NE(error.message().find("Dockerfile:3"), std::string::npos) << error.message();
  }
}

}  // namespace
}  // namespace ixian::steps
