// What other clients got wrong, and what real registries do besides the specification.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::Values;

using Kind = FakeRegistryAuth::Kind;
using Mount = FakeRegistryQuirks::Mount;

FaultFixture& with(std::optional<FaultFixture>& scene, const FakeRegistryQuirks& quirks,
                   Kind kind = Kind::kNone) {
  FakeRegistryOptions options;
  options.quirks = quirks;
  options.auth.kind = kind;
  return scene.emplace(options);
}

class Registry : public ::testing::Test {
 protected:
  std::optional<FaultFixture> scene;
};

class Tags : public Registry {
 protected:
  FaultFixture& with_tags(int count, const FakeRegistryQuirks& quirks) {
    FaultFixture& s = with(scene, quirks);
    s.hold_image_in_registry();
    for (int i = 0; i < count; ++i)
      s.registry.store().add_tag(kRepository, "t" + std::to_string(i), s.image.digest());
    return s;
  }
};

// go-containerregistry#681: ECR refuses n over 1000.
TEST_F(Tags, AreAskedForIn1000AtMost) {
  FakeRegistryQuirks quirks;
  quirks.largest_n = 1000;
  quirks.page = 1000;
  EXPECT_THAT(with_tags(2500, quirks).repo()->tags(), SizeIs(2501));
}

TEST_F(Tags, InPagesOfTheRegistrysOwnChoiceAllArriveSorted) {
  FakeRegistryQuirks quirks;
  quirks.page = 7;
  const std::vector<std::string> tags = with_tags(50, quirks).repo()->tags();
  EXPECT_THAT(tags, SizeIs(51));
  EXPECT_TRUE(std::is_sorted(tags.begin(), tags.end()));
}

TEST_F(Tags, NullIsNone) {
  FaultFixture& s = with(scene, {});
  s.registry.store().make_repository(kRepository);
  EXPECT_THAT(s.repo()->tags(), IsEmpty());
}

TEST_F(Tags, OfARepositoryThatIsNotThereAreNone) {
  EXPECT_THAT(with(scene, {}).repo()->tags(), IsEmpty());
}

// A blob that another repository of the registry has.
class Mounting : public ::testing::TestWithParam<Mount> {};

// containerd#14086: whatever the answer to a mount is, the blob gets there.
TEST_P(Mounting, GetsTheBlobThereInAnyCase) {
  for (const Kind kind : {Kind::kNone, Kind::kBearer, Kind::kBasic}) {
    std::optional<FaultFixture> scene;
    FakeRegistryQuirks quirks;
    quirks.mount = GetParam();
    FaultFixture& s = with(scene, quirks, kind);
    put(s.registry, "team/other", "1", s.image);
    const Outcome outcome = attempt([&] { return s.stack.copy(*s.repo("team/other"), "1", *s.repo(), "1"); });
    s.expect_pushed(outcome);
    ASSERT_TRUE(outcome.result);
    EXPECT_EQ(outcome.result->mounted, GetParam() == Mount::kMounts ? 3u : 0u);
    for (const ServerRequest& each : s.registry.requests("POST", "mount="))
      EXPECT_EQ(each.parameter("from"), "team/other");
    EXPECT_LT(s.registry.requests().size(), 120u);
  }
}

std::string mount_name(const ::testing::TestParamInfo<Mount>& info) {
  const char* const names[] = {"Mounts", "Answers202", "Answers401", "Answers403", "Answers404"};
  return names[static_cast<int>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Registry, Mounting,
                         Values(Mount::kMounts, Mount::kSession, Mount::kUnauthorized, Mount::kForbidden,
                                Mount::kNotFound),
                         mount_name);

// buildkit#3776: the tag is immutable and names this image already.
TEST_F(Registry, AnImmutableTagThatNamesTheSameImageIsSuccess) {
  FakeRegistryQuirks quirks;
  quirks.immutable_tags = true;
  FaultFixture& s = with(scene, quirks);
  s.hold_image_in_registry();
  s.hold_image_in_memory();
  const Outcome outcome = s.push();
  s.expect_pushed(outcome);
  EXPECT_TRUE(outcome.result->unchanged);
}

// The same where somebody else pushed it between our question and our push.
TEST_F(Registry, AnImmutableTagThatSomebodyElseHasJustPushedIsSuccess) {
  FakeRegistryQuirks quirks;
  quirks.immutable_tags = true;
  FaultFixture& s = with(scene, quirks);
  s.hold_image_in_memory();
  s.registry.rule("PUT", "/manifests/1", [&s](Exchange& exchange) {
    s.hold_image_in_registry();
    exchange.send(exchange.serve_it());
  });
  s.expect_pushed(s.push());
}

TEST_F(Registry, AnImmutableTagOfAnotherImageIsAnError) {
  FakeRegistryQuirks quirks;
  quirks.immutable_tags = true;
  FaultFixture& s = with(scene, quirks);
  const PlainImage other = plain_image(20);
  put(s.registry, kRepository, "1", other);
  s.hold_image_in_memory();
  s.expect_readable(s.push());
  EXPECT_TRUE(has(s.registry, kRepository, "1", other));
}

// docker-registry 2.8 does not delete by tag; what could go is the manifest with every tag on it, which must
// be asked for.
TEST_F(Registry, ATagThatCannotGoAloneIsLeftWithAWordOnHow) {
  FakeRegistryQuirks quirks;
  quirks.delete_tags = false;
  FaultFixture& s = with(scene, quirks);
  s.hold_image_in_registry();
  s.registry.store().add_tag(kRepository, "2", s.image.digest());
  const Outcome outcome = attempt([&] {
    s.repo()->remove("1");
    return oci::CopyResult{s.image.raw().descriptor, 0, 0, 0, 0, false};
  });
  s.expect_readable(outcome, s.image.digest());
  EXPECT_TRUE(s.repo()->find("1"));
  EXPECT_TRUE(s.repo()->remove(s.image.digest()));
  EXPECT_FALSE(s.repo()->find("1"));
  EXPECT_FALSE(s.repo()->find("2"));
  EXPECT_FALSE(s.repo()->remove("1"));
}

TEST_F(Registry, WhereDeletingIsSwitchedOffItSaysSo) {
  FaultFixture& s = with(scene, {});
  s.hold_image_in_registry();
  s.registry.rule("DELETE", "", faults::error(405, "UNSUPPORTED"));
  const Outcome outcome = attempt([&] {
    s.repo()->remove("1");
    return oci::CopyResult{s.image.raw().descriptor, 0, 0, 0, 0, false};
  });
  s.expect_readable(outcome, "405");
}

TEST_F(Registry, OnlyDeletingAsksForThatRight) {
  FaultFixture& s = with(scene, {}, Kind::kBearer);
  s.hold_image_in_memory();
  s.expect_pushed(s.push());
  for (const ServerRequest& each : s.registry.requests("GET", "/token")) {
    EXPECT_THAT(ServerRequest::decoded(each.query), ::testing::Not(HasSubstr("delete")));
  }
  EXPECT_TRUE(s.repo()->remove("1"));
}

TEST_F(Registry, APullAsksForPullingAlone) {
  FaultFixture& s = with(scene, {}, Kind::kBearer);
  s.hold_image_in_registry();
  s.expect_pulled(s.pull());
  for (const ServerRequest& each : s.registry.requests("GET", "/token")) {
    EXPECT_THAT(ServerRequest::decoded(each.query), ::testing::Not(HasSubstr("push")));
  }
}

// A HEAD is free at Docker Hub, a GET counts: what is only looked for is not fetched.
TEST_F(Registry, LookingForAnImageIsOneHead) {
  FaultFixture& s = with(scene, {});
  s.hold_image_in_registry();
  const auto repo = s.repo();
  ASSERT_TRUE(repo->find("1"));
  EXPECT_FALSE(repo->find("2"));
  EXPECT_EQ(s.registry.count("GET", "/manifests/"), 0u);
  EXPECT_EQ(s.registry.count("HEAD", "/manifests/"), 2u);
}

TEST_F(Registry, AHeadThatIsForbiddenIsAskedWhy) {
  FaultFixture& s = with(scene, {});
  s.hold_image_in_registry();
  s.registry.rule("HEAD", "/manifests/", faults::reply(403));
  s.registry.rule("GET", "/manifests/",
                  faults::reply(403, {{"Content-Type", "application/json"}},
                                R"({"errors":[{"code":"DENIED","message":"the moon is full"}]})"));
  const Outcome outcome = attempt([&] {
    s.repo()->find("1");
    return oci::CopyResult{s.image.raw().descriptor, 0, 0, 0, 0, false};
  });
  s.expect_readable(outcome);
  EXPECT_THAT(outcome.error->message() + outcome.error->context(), HasSubstr("the moon is full"));
}

// ECR: nobody makes the repository.
TEST_F(Registry, ARepositoryThatMustBeMadeFirstIsNamed) {
  FakeRegistryQuirks quirks;
  quirks.create_repositories = false;
  FaultFixture& s = with(scene, quirks);
  s.hold_image_in_memory();
  s.expect_not_pushed(s.push(), "404");
}

// What a registry says is shown, but cannot write to the terminal.
TEST_F(Registry, WhatItSaysHasNoControlCharacters) {
  FaultFixture& s = with(scene, {});
  s.hold_image_in_registry();
  s.registry.rule("GET", "/manifests/",
                  faults::reply(403, {{"Content-Type", "application/json"}},
                                R"({"errors":[{"code":"DENIED","message":"\u001b[2J\u0007gone\r\n"}]})"));
  const Outcome outcome = s.pull();
  s.expect_not_pulled(outcome);
  EXPECT_THAT(outcome.error->context(), ::testing::Not(HasSubstr("\x1b")));
}

TEST_F(Registry, APasswordThatItRepeatsIsNotShown) {
  FaultFixture& s = with(scene, {}, Kind::kBasic);
  s.hold_image_in_registry();
  s.registry.rule("GET|HEAD", "/manifests/", [&s](Exchange& exchange) {
    exchange.send(error_reply(
        403, "DENIED",
        "no entry for " + s.registry.gate().auth.password + " " + exchange.request.header("authorization")));
  });
  s.expect_not_pulled(s.pull());
}

}  // namespace
}  // namespace ixian::testing
