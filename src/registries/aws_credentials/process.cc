// Programs that give credentials: credential_process of a profile, and as the last resort the AWS CLI. The
// profile's is meant by the user, so its failure ends the search; the CLI's does not.
#include "aws_credentials/process.h"

#include <fmt/format.h>

#include <chrono>

#include "aws/environment.h"
#include "aws_credentials/credential_answer.h"
#include "base/text.h"
#include "process/capture.h"

namespace ixian::aws_credentials {
namespace {

constexpr std::size_t kLongestOutput = 64 << 10;
constexpr std::size_t kLongestError = 2000;
constexpr std::chrono::milliseconds kCliTimeLimit{30'000};

std::string ending(const std::string& error) {
  const std::string_view text = base::trim(error);
  return std::string(text.size() > kLongestError ? text.substr(text.size() - kLongestError) : text);
}

// What the AWS CLI reads. Its own environment already has these, except in a test.
std::map<std::string, std::string> settings(const aws::Environment& environment) {
  std::map<std::string, std::string> env{{"HOME", environment.home}};
  for (const char* name :
       {"PATH", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}) {
    if (auto value = aws::variable(environment, name); !value.empty()) env[name] = std::move(value);
  }
  return env;
}

// The last line is the one that says it. An AWS CLI that does not know the command prints how it is used.
std::string why_cli_failed(const process::CaptureResult& answer) {
  const std::string_view text = base::trim(answer.error);
  if (text.starts_with("usage:") || text.find("Invalid choice") != std::string_view::npos)
    return "it is too old for `aws configure export-credentials`";
  const std::string_view line = base::trim(text.substr(text.rfind('\n') + 1));
  return line.empty() ? fmt::format("failed: exit code: {}", answer.status.code)
                      : std::string(line.substr(0, kLongestError));
}

}  // namespace

ProviderResult process_credentials(const ProviderContext& lookup, const std::string& profile) {
  const std::string command = lookup.profiles.profile(profile).text("credential_process");
  if (command.empty()) return not_found(fmt::format("profile {} has no credential_process", profile));
  const std::string name = fmt::format("credential_process of profile {}", profile);

  process::CaptureOptions question;
  // In words, but by no shell: AWS's own tools do not use one either.
  if (!base::split_words(command, question.argv) || question.argv.empty()) {
    cannot_use(name + " has an unclosed quote\nhint: close it");
  }
  question.env = settings(lookup.environment);
  question.limit = kLongestOutput;
  process::CaptureResult answer;
  try {
    answer = process::capture_output(question, lookup.client.cancellation());
  } catch (const base::Error& error) {
    cannot_use(name + " cannot be run\nhint: correct it, or install the program", error.message());
  }
  if (!answer.status.ok()) {
    cannot_use(
        fmt::format("{} failed: exit code: {}\nhint: run it yourself to see why", name, answer.status.code),
        ending(answer.error));
  }
  try {
    aws::Credentials credentials = parse_process_answer(answer.output.reveal());
    credentials.source = fmt::format("the credential_process of profile {}", profile);
    return {std::move(credentials), ""};
  } catch (const std::invalid_argument& error) {
    cannot_use(name + " returned an invalid answer (expected: JSON with \"Version\": 1)", error.what());
  }
}

ProviderResult cli_credentials(const ProviderContext& lookup) {
  if (process::find_program("aws", aws::variable(lookup.environment, "PATH")).empty()) {
    return not_found("the AWS CLI is not on PATH");
  }
  process::CaptureOptions question;
  question.argv = {"aws", "configure", "export-credentials", "--format", "process"};
  if (!lookup.options.profile.empty()) {
    question.argv.insert(question.argv.end(), {"--profile", lookup.options.profile});
  }
  question.env = settings(lookup.environment);
  question.limit = kLongestOutput;
  question.time_limit = kCliTimeLimit;
  try {
    const process::CaptureResult answer = process::capture_output(question, lookup.client.cancellation());
    if (!answer.status.ok()) return not_found(why_cli_failed(answer));
    aws::Credentials credentials = parse_process_answer(answer.output.reveal());
    credentials.source = "`aws configure export-credentials`";
    return {std::move(credentials), ""};
  } catch (const base::Error& error) {
    // The last place of all: its failure is no reason to tell of it instead of the first one.
    return not_found(error.message());
  } catch (const std::invalid_argument& error) {
    return not_found(fmt::format("it returned {}", error.what()));
  }
}

}  // namespace ixian::aws_credentials
