#include "aws_credentials/container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/timestamp.h"
#include "aws_credentials/credential_chain.h"
#include "base/time.h"
#include "testing/aws_machine.h"

namespace ixian::aws_credentials {
namespace {

using namespace std::chrono_literals;
using ixian::testing::AwsMachineTest;
using ixian::testing::FakeAnswer;
using ixian::testing::SentRequest;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ContainerTest = AwsMachineTest;

TEST_F(ContainerTest, AContainersTokenIsReadAnewEachTime) {
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "of the variable";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = home.write("token", "first\n");
  answer = [this](const SentRequest&) -> FakeAnswer {
    return {200,
            R"({"AccessKeyId": "ASIAPOD", "SecretAccessKey": "s", "Token": "t", "Expiration": ")" +
                base::utc_text(clock.now() + 1h).substr(0, 19) + "\"}",
            {}};
  };
  CredentialChain chain = this->chain();
  EXPECT_EQ(chain.find().source, "the role of the container");
  home.write("token", "second\n");
  clock.advance(56min);
  chain.find();
  ASSERT_EQ(transport.sent().size(), 2u);
  EXPECT_EQ(transport.sent()[0].header("Authorization"), "first");
  EXPECT_EQ(transport.sent()[1].header("Authorization"), "second");
  EXPECT_TRUE(transport.sent()[0].request.no_proxy);
}

TEST_F(ContainerTest, TheRelativeUriOfAContainerGoesFirstAndOnlyToItsAddress) {
  variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/x";
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/other";
  EXPECT_THAT(failure(), HasSubstr("Nobody listens"));
  EXPECT_EQ(transport.sent().size(), 3u);  // it is set up, so it is tried again
  EXPECT_EQ(transport.sent()[0].url(), "http://169.254.170.2/v2/credentials/x");
  for (const char* evil : {"@evil.com/", ".evil.com/", ":80@evil.com", "x"}) {
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = evil;
    EXPECT_THAT(failure(), HasSubstr("must be a path")) << evil;
  }
  EXPECT_EQ(transport.sent().size(), 3u);
}

TEST_F(ContainerTest, AContainersTokenGoesNowhereElseInTheClear) {
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "canary";
  for (const char* evil : {"http://evil.com/", "http://169.254.170.2.evil.com/", "http://10.0.0.1/",
                           "ftp://localhost/", "http://169.254.169.254/", "http://localhost@evil.com/"}) {
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = evil;
    EXPECT_THAT(failure(), HasSubstr("must be https")) << evil;
  }
  EXPECT_THAT(transport.sent(), IsEmpty());
  for (const char* good : {"https://example.com/", "http://localhost:1/", "http://127.0.0.9/",
                           "http://[::1]/", "http://169.254.170.2/", "http://[fd00:ec2::23]/"}) {
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = good;
    EXPECT_THAT(failure(), HasSubstr("Nobody listens")) << good;
  }
}

TEST_F(ContainerTest, AContainersTokenWithTwoLinesIsNoHeader) {
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://localhost:1/";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "a\r\nX-Evil: b";
  EXPECT_THAT(failure(), HasSubstr("more than one line"));
}

}  // namespace
}  // namespace ixian::aws_credentials
