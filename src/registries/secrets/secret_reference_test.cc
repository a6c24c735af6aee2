#include "secrets/secret_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::secrets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SecretReferenceTest, TextWithoutAPrefixIsTheValueItself) {
  for (const char* text :
       {"", "hunter2", "environment", "ENV:X", " env:X", "a:b", "https://x", "vault", "aws:x"}) {
    EXPECT_FALSE(parse_secret_reference(text)) << text;
  }
}

TEST(SecretReferenceTest, EachPrefixIsASource) {
  const std::pair<const char*, SourceKind> cases[] = {
      {"env:REGISTRY_PASSWORD", SourceKind::kEnvironment},
      {"file:~/.password", SourceKind::kFile},
      {"cmd:op read op://ci/registry | head -1", SourceKind::kCommand},
      {"vault:secret/ci/registry", SourceKind::kVault},
      {"aws-sm:ci/registry", SourceKind::kSecretsManager},
      {"aws-ssm:/ci/registry", SourceKind::kParameterStore},
  };
  for (const auto& [text, kind] : cases) {
    const auto reference = parse_secret_reference(text);
    ASSERT_TRUE(reference) << text;
    EXPECT_EQ(reference->kind, kind);
    EXPECT_EQ(reference->field, "");
    EXPECT_EQ(reference->text(), text);
  }
}

TEST(SecretReferenceTest, TheLastHashStartsTheField) {
  const auto vault = parse_secret_reference("vault:secret/c#/registry#pass word");
  EXPECT_EQ(vault->place, "secret/c#/registry");
  EXPECT_EQ(vault->field, "pass word");
  EXPECT_EQ(vault->text(), "vault:secret/c#/registry#pass word");
  EXPECT_EQ(parse_secret_reference("aws-sm:arn:aws:secretsmanager:eu-west-1:1:secret:ci#user")->field,
            "user");
}

TEST(SecretReferenceTest, CommandsAndFilesHaveNoFields) {
  EXPECT_EQ(parse_secret_reference("cmd:echo '#'")->place, "echo '#'");
  EXPECT_EQ(parse_secret_reference("file:/a#b")->place, "/a#b");
}

TEST(SecretReferenceTest, SlashesAroundAVaultPathDoNotMatter) {
  EXPECT_EQ(parse_secret_reference("vault:/secret/ci/#a")->place, "secret/ci");
}

TEST(SecretReferenceTest, APrefixWithNothingUsableBehindItIsAnErrorOfTheProject) {
  for (const char* text : {"env:",
                           "env:A B",
                           "env:A=B",
                           "env:1A",
                           "file:",
                           "file: ",
                           "cmd:",
                           "cmd:  ",
                           "vault:",
                           "vault:secret",
                           "vault:secret/",
                           "vault:#a",
                           "vault:secret/x#",
                           "vault:secret//x#a",
                           "vault:secret/../sys/x#a",
                           "vault:secret/./x",
                           "vault:a/b\r\nX: y",
                           "aws-sm:",
                           "aws-sm:#a",
                           "aws-sm:x#",
                           "aws-ssm:",
                           "aws-ssm:a#b"}) {
    try {
      parse_secret_reference(text);
      FAIL() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kProject) << text;
      EXPECT_THAT(error.message(), HasSubstr("for example")) << text;
    }
  }
}

TEST(SecretReferenceTest, APasswordThatLooksLikeAReferenceIsNotRepeated) {
  try {
    parse_secret_reference("env:k8$canary");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.message() + error.context(), Not(HasSubstr("canary")));
  }
}

}  // namespace
}  // namespace ixian::secrets
