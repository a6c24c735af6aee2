#include "aws_credentials/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/aws_machine.h"

namespace ixian::aws_credentials {
namespace {

using ixian::testing::AwsMachineTest;
using ixian::testing::kStaticKeys;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using ProcessTest = AwsMachineTest;

TEST_F(ProcessTest, ACredentialProcessIsSplitAsAShellDoes) {
  const std::string script =
      home.write("a script",
                 "#!/bin/sh\necho \"{\\\"Version\\\": 1, \\\"AccessKeyId\\\": \\\"$1\\\", "
                 "\\\"SecretAccessKey\\\": \\\"s\\\", \\\"Expiration\\\": null}\"\n",
                 true);
  config("[default]\ncredential_process = '" + script + "' \"AKIA MADE\"\n");
  const aws::Credentials found = chain().find();
  EXPECT_EQ(found.access_key_id.reveal(), "AKIA MADE");
  EXPECT_FALSE(found.expires);
  EXPECT_EQ(found.source, "the credential_process of profile default");
}

TEST_F(ProcessTest, ACredentialProcessThatFailsIsNamedAndWhatItPrintedIsNot) {
  const std::string script =
      home.write("script", "#!/bin/sh\necho canary\necho 'who are you' >&2\nexit $1\n", true);
  config("[default]\ncredential_process = " + script + " 3\n");
  EXPECT_THAT(failure(),
              AllOf(HasSubstr("exit code: 3"), HasSubstr("who are you"), Not(HasSubstr("canary"))));
  config("[default]\ncredential_process = " + script + " 0\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("invalid answer"), Not(HasSubstr("canary"))));
  config("[default]\ncredential_process = /no/such/program\n");
  EXPECT_THAT(failure(), HasSubstr("cannot be run"));
  config("[default]\ncredential_process = 'open\n");
  EXPECT_THAT(failure(), HasSubstr("quote"));
}

TEST_F(ProcessTest, TheAwsCliIsAskedLastWithTheProfile) {
  home.write(
      "aws",
      "#!/bin/sh\n[ \"$*\" = 'configure export-credentials --format process --profile mfa' ] || exit 9\n"
      "echo '{\"Version\": 1, \"AccessKeyId\": \"AKIACLI\", \"SecretAccessKey\": \"s\"}'\n",
      true);
  variables["PATH"] = home.path() + ":/usr/bin:/bin";
  config("[profile mfa]\nrole_arn = r\nsource_profile = base\nmfa_serial = arn:mfa\n[profile base]\n" +
         std::string(kStaticKeys));
  options.profile = "mfa";  // what only the AWS CLI has an answer for
  EXPECT_EQ(chain().find().source, "`aws configure export-credentials`");
  options.profile = "base";
  EXPECT_EQ(key(), "AKIAFILE");
}

TEST_F(ProcessTest, AnAwsCliThatFailsIsOneMoreLine) {
  variables["PATH"] = home.path() + ":/usr/bin:/bin";
  home.write(
      "aws",
      "#!/bin/sh\nprintf 'usage: aws\n\naws: error: argument subcommand: Invalid choice\n' >&2\nexit 252\n",
      true);
  EXPECT_THAT(failure(), AllOf(HasSubstr("no AWS credentials"),
                               HasSubstr("AWS CLI: it is too old for `aws configure export-credentials`")));
  home.write("aws", "#!/bin/sh\nprintf '\nUnable to load\nthe last line\n' >&2\nexit 255\n", true);
  EXPECT_THAT(failure(), HasSubstr("AWS CLI: the last line"));
}

}  // namespace
}  // namespace ixian::aws_credentials
