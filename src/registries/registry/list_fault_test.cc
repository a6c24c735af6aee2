// Lists that come in parts: all of it or an error, whatever a registry sends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oci/referrers.h"
#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Reply page(const std::vector<std::string>& tags, const std::string& link = "") {
  Reply reply{
      200, {{"Content-Type", "application/json"}}, base::Json{{"name", kRepository}, {"tags", tags}}.dump()};
  if (!link.empty()) reply.set("Link", link);
  return reply;
}

Fault pages(std::function<Reply(int)> answer) {
  return [answer = std::move(answer), count = std::make_shared<int>(0)](Exchange& exchange) {
    exchange.send(answer((*count)++));
  };
}

constexpr const char* kNext = "</v2/team/app/tags/list?n=1000&last=a>; rel=\"next\"";

// What tags() throws, "" where it does not.
std::string refused(FaultFixture& scene) {
  try {
    scene.repo()->tags();
  } catch (const base::Error& error) {
    return error.advised();
  }
  return "";
}

class Lists : public ::testing::Test {
 protected:
  void tags_come(std::function<Reply(int)> answer) {
    scene.registry.rule("GET", "/tags/list", pages(std::move(answer)));
  }
  FaultFixture scene;
};

TEST_F(Lists, AllPartsTogetherAreTheList) {
  tags_come([](int n) { return n == 0 ? page({"a"}, kNext) : page({"b"}, "</x>; rel=last"); });
  EXPECT_THAT(scene.repo()->tags(), ::testing::ElementsAre("a", "b"));
}

TEST_F(Lists, ALinkThatCannotBeReadIsNoEnd) {
  for (const char* link : {"/v2/team/app/tags/list?last=a; rel=\"next\"",
                           "</v2/team/app/tags/list?last=a; rel=next", "</a>; rel=\"next", "last=a"}) {
    FaultFixture other;
    other.registry.rule("GET", "/tags/list", pages([&](int) { return page({"a"}, link); }));
    EXPECT_THAT(refused(other), HasSubstr(other.registry.host())) << link;
  }
}

TEST_F(Lists, ARingIsNoEnd) {
  tags_come([](int n) {
    return page({"a" + std::to_string(n)}, n % 2 == 0 ? kNext : "</v2/team/app/tags/list?n=1000>; rel=next");
  });
  EXPECT_THAT(refused(scene), HasSubstr("refers back"));
  EXPECT_LT(scene.registry.requests().size(), 10u);
}

TEST_F(Lists, APartThatIsMissingOrSomethingElseIsNoEnd) {
  for (const Reply& second :
       {error_reply(404, "NAME_UNKNOWN"), Reply{200, {}, ""}, Reply{200, {}, "[]"}, Reply{200, {}, "{}"},
        Reply{200, {}, R"({"tags":["b")"}, Reply{200, {}, R"({"tags":7})"},
        Reply{200, {}, R"({"tags":["b",null]})"}, Reply{204, {}, ""}}) {
    FaultFixture other;
    other.registry.rule("GET", "/tags/list",
                        pages([&](int n) { return n == 0 ? page({"a"}, kNext) : second; }));
    EXPECT_THAT(refused(other), HasSubstr(other.registry.host())) << second.body;
  }
}

TEST_F(Lists, WithoutAnEndTheyAreGivenUp) {
  for (const bool fresh : {false, true}) {
    FaultFixture other;
    other.registry.rule("GET", "/tags/list", pages([&](int n) {
                          return page(
                              {fresh ? "x" + std::to_string(n) : "x"},
                              "</v2/team/app/tags/list?last=" + std::to_string(n) + ">; rel=\"next\"");
                        }));
    EXPECT_THAT(refused(other), HasSubstr("does not end"));
    EXPECT_LT(other.registry.requests().size(), 300u);
  }
}

TEST_F(Lists, ManySmallPartsOfARegistrysOwnChoiceAreAllAskedFor) {
  tags_come([](int n) {
    std::vector<std::string> tags;
    for (int i = 0; i < 20; ++i) tags.push_back("t" + std::to_string(n) + "." + std::to_string(i));
    return page(tags,
                n == 249 ? "" : "</v2/team/app/tags/list?last=" + std::to_string(n) + ">; rel=\"next\"");
  });
  EXPECT_THAT(scene.repo()->tags(), SizeIs(5000));
}

// distribution-spec#461: a registry that cuts the list where it was asked to, and does not say so.
TEST_F(Lists, AFullPartWithoutALinkIsFollowedByTheQuestionForMore) {
  std::vector<std::string> full;
  for (int i = 1000; i < 2000; ++i) full.push_back(std::to_string(i));
  tags_come([&](int n) { return page(n == 0 ? full : std::vector<std::string>{"more"}); });
  EXPECT_THAT(scene.repo()->tags(), Contains("more"));
  EXPECT_THAT(scene.registry.requests("GET", "last=1999"), SizeIs(1));
}

TEST_F(Lists, OneThatIsAnsweredWithAllOfItAgainEnds) {
  std::vector<std::string> full;
  for (int i = 1000; i < 2000; ++i) full.push_back(std::to_string(i));
  tags_come([&](int) { return page(full); });
  EXPECT_THAT(scene.repo()->tags(), SizeIs(1000));
}

TEST_F(Lists, ReferrersComeInPartsToo) {
  const oci::Digest subject = oci::Digest::of("subject");
  const auto part = [](const std::string& of, const std::string& link) {
    const oci::Descriptor entry{
        std::string(oci::kOciManifest), oci::Digest::of(of), of.size(), {}, {}, {}, {}};
    Reply reply{200,
                {{"Content-Type", std::string(oci::kOciIndex)}},
                oci::to_bytes(oci::Index{std::string(oci::kOciIndex), {entry}, {}, {}, {}})};
    if (!link.empty()) reply.set("Link", link);
    return reply;
  };
  const std::string next = "</v2/team/app/referrers/" + subject.text() + "?last=1>; rel=\"next\"";
  scene.registry.rule("GET", "/referrers/",
                      pages([&](int n) { return n == 0 ? part("a", next) : part("b", ""); }), {1, 2});
  EXPECT_THAT(scene.repo()->referrers(subject), SizeIs(2));
  scene.registry.rule("GET", "/referrers/", pages([&](int) { return part("a", "no link"); }));
  EXPECT_THROW(scene.repo()->referrers(subject), base::Error);
}

TEST_F(Lists, ReferrersOfARegistryThatKeepsNoneAreThoseOfTheirTag) {
  FakeRegistryOptions options;
  options.quirks.referrers = false;
  FaultFixture other(options);
  const oci::Digest subject = oci::Digest::of("subject");
  const oci::Descriptor entry{std::string(oci::kOciManifest), oci::Digest::of("a"), 1, {}, {}, {}, {}};
  const auto repo = other.repo();
  EXPECT_THAT(repo->referrers(subject), IsEmpty());
  other.registry.store().add_manifest(
      kRepository, oci::referrers_tag(subject), std::string(oci::kOciIndex),
      oci::to_bytes(oci::Index{std::string(oci::kOciIndex), {entry}, {}, {}, {}}));
  EXPECT_THAT(repo->referrers(subject), SizeIs(1));
  EXPECT_THAT(other.registry.requests("GET", "/referrers/"), SizeIs(1)) << "it is asked once";
}

}  // namespace
}  // namespace ixian::testing
