// Registries, and whoever sits between, that try to get at our credentials or to lead us astray.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Values;

using Kind = FakeRegistryAuth::Kind;

std::string kind_name(const ::testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::kBasic ? "Basic" : "Bearer";
}

// A registry on the internet that asks for credentials, and another server beside it.
class Origin : public ::testing::TestWithParam<Kind> {
 protected:
  Origin() : scene(at_public_name(GetParam())) { scene.hold_image_in_registry(); }
  std::string layer() const { return FakeRegistryState::digest_of(scene.image.layers[0]); }

  // cdn.example.com, which answers everything alike.
  ForeignServer& foreign(Reply reply) {
    foreign_.emplace(std::move(reply));
    scene.stack.names.add("https://cdn.example.com", foreign_->port());
    scene.stack.names.add("http://cdn.example.com", foreign_->port());
    return *foreign_;
  }
  FaultFixture scene;

 private:
  std::optional<ForeignServer> foreign_;
};
INSTANTIATE_TEST_SUITE_P(Registry, Origin, Values(Kind::kBasic, Kind::kBearer), kind_name);

// Object stores refuse requests with two ways to authenticate, as opa#6728 found.
TEST_P(Origin, ARedirectToAnotherHostIsFollowedWithoutCredentials) {
  for (const int status : {301, 302, 303, 307, 308}) {
    ForeignServer& cdn = foreign({200, {}, scene.image.layers[0]});
    scene.registry.rule("GET", layer(), faults::redirect(status, "https://cdn.example.com/x?sig=1"), kOnce);
    UncheckedRepo memory;
    const Outcome outcome = attempt([&] { return scene.stack.copy(*scene.repo(), "1", memory, "copied"); });
    EXPECT_FALSE(outcome.error) << outcome.error->message();
    EXPECT_TRUE(has(memory, "copied", scene.image));
    EXPECT_EQ(cdn.requests().size(), 1u);
    EXPECT_EQ(cdn.requests()[0].target, "/x?sig=1");
    expect_no_credential(cdn.requests());
  }
}

TEST_P(Origin, ABlobFromAnotherHostIsCheckedToo) {
  foreign({200, {}, noise(scene.image.layers[0].size(), 5)});
  scene.registry.rule("GET", layer(), faults::redirect(307, "https://cdn.example.com/x"));
  scene.expect_not_pulled(scene.pull());
}

TEST_P(Origin, ADowngradeIsRefused) {
  ForeignServer& cdn = foreign({200, {}, scene.image.layers[0]});
  scene.registry.rule("GET", layer(), faults::redirect(307, "http://cdn.example.com/x"));
  scene.expect_not_pulled(scene.pull(), "cdn.example.com");
  EXPECT_THAT(cdn.requests(), IsEmpty());
}

TEST_P(Origin, ALoopEnds) {
  scene.registry.rule("GET", "/blobs/", [this](Exchange& exchange) {
    exchange.send({307, {{"Location", scene.registry.origin() + exchange.request.target}}, ""});
  });
  scene.expect_not_pulled(scene.pull());
  EXPECT_LT(scene.registry.requests().size(), 100u);
}

TEST_P(Origin, AWalkFromPlaceToPlaceEnds) {
  int place = 0;
  std::mutex mutex;
  scene.registry.rule("GET", "/blobs/", [&](Exchange& exchange) {
    std::lock_guard lock(mutex);
    const std::string path = exchange.request.path + "?place=" + std::to_string(++place);
    exchange.send({302, {{"Location", path}}, ""});
  });
  scene.expect_not_pulled(scene.pull());
  EXPECT_LT(scene.registry.requests().size(), 150u);
}

TEST_P(Origin, ARedirectToThePrivateNetworkIsRefused) {
  for (const std::string address : {"169.254.169.254", "10.0.0.1", "127.0.0.1:1", "[::1]:1", "[fe80::1]",
                                    "0x7f000001:1", "localhost:1", "[::ffff:169.254.169.254]"}) {
    for (const std::string scheme : {"https", "http"}) {
      scene.registry.rule("GET", layer(),
                          faults::redirect(302, scheme + "://" + address + "/latest/meta-data/"), kOnce);
      SCOPED_TRACE(address);
      scene.expect_not_pulled(scene.pull());
      EXPECT_THAT(scene.stack.names.strangers(), IsEmpty());
    }
  }
}

TEST_P(Origin, ARedirectToAnotherSchemeIsRefused) {
  for (const std::string url :
       {"file:///etc/passwd", "ftp://cdn.example.com/x", "gopher://cdn.example.com/x", "//", "http://", ""}) {
    scene.registry.rule("GET", layer(), faults::redirect(302, url), kOnce);
    scene.expect_not_pulled(scene.pull());
  }
}

TEST_P(Origin, CredentialsInALocationAreNotUsed) {
  ForeignServer& cdn = foreign({200, {}, scene.image.layers[0]});
  scene.registry.rule("GET", layer(), faults::redirect(302, "https://user:word@cdn.example.com/x"));
  const Outcome outcome = scene.pull();
  if (outcome.error) scene.expect_not_pulled(outcome);
  expect_no_credential(cdn.requests());
}

// go-containerregistry#2337: the host that a redirect leads to asks for credentials in its turn.
TEST_P(Origin, AChallengeBehindARedirectGetsNothing) {
  for (const std::string challenge :
       {"Basic realm=\"cdn\"", "Bearer realm=\"https://cdn.example.com/token\",service=\"fake\"",
        "Bearer realm=\"https://registry.example.com/token\",service=\"fake\""}) {
    ForeignServer& cdn = foreign({401, {{"WWW-Authenticate", challenge}}, ""});
    scene.registry.rule("GET", layer(), faults::redirect(307, "https://cdn.example.com/x"));
    scene.expect_not_pulled(scene.pull());
    expect_no_credential(cdn.requests());
    EXPECT_LT(cdn.requests().size(), 10u);
  }
}

TEST_P(Origin, TheNextPageOfTagsComesFromTheRegistryItself) {
  ForeignServer& cdn =
      foreign({200, {{"Content-Type", "application/json"}}, R"({"name":"x","tags":["evil"]})"});
  scene.registry.rule("GET", "/tags/list",
                      faults::with_header("Link", "<https://cdn.example.com/tags>; rel=\"next\""));
  try {
    EXPECT_THAT(scene.repo()->tags(), Not(Contains("evil")));
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message(), HasSubstr(scene.registry.host()));
  }
  EXPECT_THAT(cdn.requests(), IsEmpty());
}

// oras-go#1152
TEST_P(Origin, AnUploadThatGoesToAnotherHostCarriesNoCredentials) {
  ForeignServer& cdn = foreign({201, {}, ""});
  FaultFixture pushing(at_public_name(GetParam()));
  pushing.stack.names.add("https://cdn.example.com", cdn.port());
  pushing.hold_image_in_memory();
  pushing.registry.rule("POST", "/uploads/",
                        faults::reply(202, {{"Location", "https://cdn.example.com/up?s=1"}}));
  // The registry never gets the blobs, so it must refuse the manifest.
  pushing.expect_not_pushed(pushing.push());
  EXPECT_THAT(cdn.requests(), Not(IsEmpty()));
  expect_no_credential(cdn.requests());
}

TEST_P(Origin, AnUploadIsNotSentToThePrivateNetworkOrWithoutTls) {
  for (const std::string url :
       {"http://registry.example.com/up", "https://169.254.169.254/up", "http://127.0.0.1:1/up"}) {
    FaultFixture pushing(at_public_name(GetParam()));
    pushing.hold_image_in_memory();
    pushing.registry.rule("POST", "/uploads/", faults::reply(202, {{"Location", url}}));
    pushing.expect_not_pushed(pushing.push());
    EXPECT_THAT(pushing.stack.names.strangers(), IsEmpty());
  }
}

TEST_P(Origin, LayersFromElsewhereAreNeverAskedForWithCredentials) {
  ForeignServer& cdn = foreign({200, {}, "x"});
  FaultFixture other(at_public_name(GetParam()));
  other.stack.names.add("https://cdn.example.com", cdn.port());
  base::Json& layer = other.image.manifest["layers"][1];
  layer["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
  layer["urls"] = {"https://cdn.example.com/layer", "http://169.254.169.254/layer"};
  other.hold_image_in_registry();
  other.registry.rule("GET", FakeRegistryState::digest_of(other.image.layers[1]),
                      faults::error(404, "BLOB_UNKNOWN"));
  other.pull();
  expect_no_credential(cdn.requests());
  EXPECT_THAT(other.stack.names.strangers(), IsEmpty());
}

}  // namespace
}  // namespace ixian::testing
