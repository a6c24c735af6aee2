#include "aws_credentials/imds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/aws_machine.h"

namespace ixian::aws_credentials {
namespace {

using namespace std::chrono_literals;
using ixian::testing::AwsMachineTest;
using ixian::testing::FakeAnswer;
using ixian::testing::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;

using InstanceTest = AwsMachineTest;

TEST_F(InstanceTest, AnInstanceIsAskedByVersionTwoAloneAndOnce) {
  variables.erase("AWS_EC2_METADATA_DISABLED");
  answer = [](const SentRequest& sent) -> FakeAnswer {
    if (sent.method() == "PUT") return {200, "imds-token", {}};
    if (sent.header("X-aws-ec2-metadata-token") != "imds-token") return {401, "", {}};
    if (sent.url().ends_with("/")) return {200, "my-role\n", {}};
    return {200,
            R"({"Code": "Success", "AccessKeyId": "ASIAEC2", "SecretAccessKey": "s", "Token": "t",
                     "Expiration": "2026-01-01T06:00:00Z"})",
            {}};
  };
  const aws::Credentials found = chain().find();
  EXPECT_EQ(found.access_key_id.reveal(), "ASIAEC2");
  EXPECT_EQ(found.source, "the instance's role my-role");
  ASSERT_EQ(transport.sent().size(), 3u);
  for (const SentRequest& sent : transport.sent()) {
    EXPECT_TRUE(sent.request.no_proxy);
    EXPECT_EQ(sent.request.retries, 0);
    EXPECT_LE(sent.request.time_limit.value(), 1000ms);
    EXPECT_THAT(sent.url(), ::testing::StartsWith("http://169.254.169.254/latest/"));
  }
}

TEST_F(InstanceTest, NoInstanceIsNoError) {
  variables.erase("AWS_EC2_METADATA_DISABLED");
  EXPECT_THAT(failure(), AllOf(HasSubstr("no AWS credentials"), HasSubstr("hop limit")));
  EXPECT_EQ(transport.sent().size(), 1u);
  answer = [](const SentRequest& sent) -> FakeAnswer {
    return sent.method() == "PUT" ? FakeAnswer{200, "t", {}} : FakeAnswer{200, "../../evil", {}};
  };
  EXPECT_THAT(failure(), HasSubstr("the instance has no role"));
}

TEST_F(InstanceTest, AnInstancesServiceMayBeElsewhere) {
  variables["AWS_EC2_METADATA_DISABLED"] = "false";
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://10.0.0.1/";
  failure();
  EXPECT_EQ(transport.sent()[0].url(), "http://10.0.0.1/latest/api/token");
  variables.erase("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6";
  failure();
  EXPECT_EQ(transport.sent()[1].url(), "http://[fd00:ec2::254]/latest/api/token");
}

}  // namespace
}  // namespace ixian::aws_credentials
