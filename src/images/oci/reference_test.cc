#include "oci/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::oci {
namespace {

using ::testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string full(std::string_view text) {
  return parse_reference(text).text();
}

std::string reference_refusal(std::string_view text) {
  try {
    parse_reference(text);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    return error.advised();
  }
  return "";
}

TEST(Reference, OneComponentIsOfDockerHubsLibrary) {
  const Reference reference = parse_reference("debian");
  EXPECT_EQ(reference.host, "docker.io");
  EXPECT_EQ(reference.repository, "library/debian");
  EXPECT_EQ(reference.tag, "");
  EXPECT_FALSE(reference.digest);
  EXPECT_EQ(reference.identifier(), "latest");
  EXPECT_EQ(reference.name(), "docker.io/library/debian");
}

TEST(Reference, AllNamesOfDockerHubAreOne) {
  for (const char* text :
       {"debian:12", "library/debian:12", "docker.io/debian:12", "docker.io/library/debian:12",
        "index.docker.io/debian:12", "registry-1.docker.io/library/debian:12", "Docker.IO/debian:12"}) {
    EXPECT_EQ(full(text), "docker.io/library/debian:12") << text;
  }
  EXPECT_EQ(full("bitnami/redis"), "docker.io/bitnami/redis");
  EXPECT_EQ(full("docker.io/bitnami/redis"), "docker.io/bitnami/redis");
}

TEST(Reference, TheFirstComponentIsAHostByDockersRule) {
  EXPECT_EQ(parse_reference("localhost/app").host, "localhost");
  EXPECT_EQ(parse_reference("localhost:5000/app").host, "localhost:5000");
  EXPECT_EQ(parse_reference("registry.local/app").host, "registry.local");
  EXPECT_EQ(parse_reference("registry:5000/app").host, "registry:5000");
  EXPECT_EQ(parse_reference("127.0.0.1:5000/a/b").host, "127.0.0.1:5000");
  EXPECT_EQ(parse_reference("registry/app").host, "docker.io");
  EXPECT_EQ(parse_reference("registry/app").repository, "registry/app");
  EXPECT_EQ(parse_reference("registry.local/app").repository, "app");
}

TEST(Reference, WithoutASlashNothingIsAHost) {
  const Reference reference = parse_reference("localhost:5000");
  EXPECT_EQ(reference.host, "docker.io");
  EXPECT_EQ(reference.repository, "library/localhost");
  EXPECT_EQ(reference.tag, "5000");
}

TEST(Reference, ACapitalLetterMakesAHostAndStaysReadable) {
  const Reference reference = parse_reference("MyHost/app:1");
  EXPECT_EQ(reference.host, "myhost");
  EXPECT_EQ(reference.repository, "app");
  EXPECT_EQ(reference.text(), "MYHOST/app:1");
  EXPECT_EQ(parse_reference(reference.text()), reference);
  EXPECT_EQ(parse_reference("LocalHost/app").text(), "localhost/app");
}

TEST(Reference, Ipv6HostsStandInBrackets) {
  const Reference reference = parse_reference("[::1]:5000/shop/web:1");
  EXPECT_EQ(reference.host, "[::1]:5000");
  EXPECT_EQ(reference.repository, "shop/web");
  EXPECT_EQ(reference.tag, "1");
  EXPECT_EQ(parse_reference("[FE80::1]/web").host, "[fe80::1]");
  EXPECT_EQ(parse_reference("[::ffff:10.0.0.1]/web").host, "[::ffff:10.0.0.1]");
  for (const char* text : {"[::1/web", "::1/web", "[:]/web", "[::1]x/web", "[::1]:/web", "[::1%25eth0]/web",
                           "[::1]]/web", "[localhost]/web", "[127.0.0.1]/web"}) {
    EXPECT_THAT(reference_refusal(text), HasSubstr("host")) << text;
  }
}

TEST(Reference, WithTagAndDigestTheDigestWins) {
  const Reference reference = parse_reference("registry.local:5000/web:1@" + kDigest);
  EXPECT_EQ(reference.tag, "1");
  ASSERT_TRUE(reference.digest);
  EXPECT_EQ(reference.identifier(), kDigest);
  EXPECT_EQ(reference.text(), "registry.local:5000/web:1@" + kDigest);
  EXPECT_EQ(parse_reference("web@" + kDigest).identifier(), kDigest);
  EXPECT_EQ(parse_reference("web:1").identifier(), "1");
}

TEST(Reference, RefusesBadDigests) {
  for (const std::string& digest :
       {std::string(), std::string("sha256:../../x"), "sha256:" + std::string(64, 'A'), std::string("latest"),
        kDigest + "@" + kDigest, kDigest + ":1", "md5:" + std::string(32, 'a')}) {
    EXPECT_THAT(reference_refusal("web@" + digest), HasSubstr("digest")) << digest;
  }
}

TEST(Reference, RefusesBadTags) {
  for (const std::string& tag : {std::string(), std::string(".x"), std::string("-x"), std::string("a+b"),
                                 std::string(129, 'a'), std::string("a..%2f")}) {
    EXPECT_THAT(reference_refusal("web:" + tag), HasSubstr("tag")) << tag;
  }
  EXPECT_EQ(parse_reference("web:" + std::string(128, 'a')).tag.size(), 128U);
  EXPECT_EQ(parse_reference("web:_A.b-9").tag, "_A.b-9");
}

TEST(Reference, RefusesBadRepositories) {
  for (const char* text : {"../etc/passwd",
                           "a/../b",
                           "a//b",
                           "/a",
                           "a/",
                           "a..b",
                           "a._b",
                           "a___b",
                           "-a",
                           "a-",
                           "_a",
                           "a_",
                           ".a",
                           "a.",
                           "registry.local/",
                           "registry.local/a/",
                           "a:b:c",
                           "a:b/c:d",
                           ":1",
                           "a%2fb",
                           "a?b",
                           "a#b",
                           "a\\b"}) {
    EXPECT_NE(reference_refusal(text), "") << text;
  }
  EXPECT_THAT(reference_refusal("registry.local/App"), HasSubstr("capital"));
  EXPECT_THAT(reference_refusal("APP"), HasSubstr("capital"));
}

TEST(Reference, TakesAllSeparatorsWithinComponents) {
  for (const char* text : {"a.b", "a_b", "a__b", "a-b", "a---b", "0/1/2", "a.b_c__d--e"}) {
    EXPECT_TRUE(is_valid_repository(text)) << text;
  }
}

TEST(Reference, RefusesBadHosts) {
  for (const char* text :
       {"registry.local:0/a", "registry.local:65536/a", "registry.local:http/a", "a..b/c",
        "registry.local:/a", ".local/a", "-x.local/a", "x-.local/a", "under_score.local/a",
        "registry.local:05000/a", "registry.local:123456/a", "u:p@registry.local/a", "./a"}) {
    EXPECT_NE(reference_refusal(text), "") << text;
  }
  EXPECT_TRUE(is_valid_host("registry.local:65535"));
  EXPECT_TRUE(is_valid_host("REGISTRY"));
  EXPECT_FALSE(is_valid_host(""));
  EXPECT_FALSE(is_valid_host(std::string_view("[::1\0]", 6)));
}

TEST(Reference, RefusesNamesOfMoreThan255Characters) {
  const std::string host = "registry.local";
  EXPECT_EQ(reference_refusal(host + "/" + std::string(240, 'a')), "");
  EXPECT_THAT(reference_refusal(host + "/" + std::string(241, 'a')), HasSubstr("255"));
  EXPECT_THAT(reference_refusal(std::string(238, 'a')), HasSubstr("255"));  // docker.io/library/ counts
  EXPECT_FALSE(is_valid_repository(std::string(256, 'a')));
  EXPECT_LT(reference_refusal(host + "/" + std::string(1'000'000, 'a')).size(), 400U);
}

TEST(Reference, SaysWhatPeopleOftenGetWrong) {
  EXPECT_THAT(reference_refusal("https://registry.local/app"), HasSubstr("https://"));
  EXPECT_THAT(reference_refusal(""), HasSubstr("empty"));
  EXPECT_THAT(reference_refusal("my app"), HasSubstr("spaces"));
  EXPECT_THAT(reference_refusal("app\n"), HasSubstr("spaces"));
  EXPECT_THAT(reference_refusal(std::string(64, 'a')), HasSubstr("ID of an image"));
  EXPECT_EQ(reference_refusal("x/" + std::string(64, 'a')), "");
}

TEST(Reference, MessagesArePrintableWhateverWasTyped) {
  const std::string message = reference_refusal("app\x1b[2J");
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_THAT(message, HasSubstr("\\x1b"));
}

TEST(Reference, IsUndoneByParsingItAgain) {
  for (const std::string& text :
       {std::string("debian"), std::string("localhost/a"), std::string("HOST/a/b:c"), std::string("[::1]/a"),
        "Reg.Example.com:5000/a_b/c__d:T@" + kDigest}) {
    const Reference reference = parse_reference(text);
    EXPECT_EQ(parse_reference(reference.text()), reference) << text;
  }
}

TEST(WireHost, IsAnotherForDockerHubOnly) {
  EXPECT_EQ(wire_host("docker.io"), "registry-1.docker.io");
  EXPECT_EQ(wire_host("localhost:5000"), "localhost:5000");
}

}  // namespace
}  // namespace ixian::oci
