// A machine on which AWS credentials are looked for.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws_credentials/credential_chain.h"
#include "testing/fake_clock.h"
#include "testing/fake_transport.h"
#include "testing/temp_folder.h"

namespace ixian::testing {

// Keys of a profile, in a file.
inline constexpr char kStaticKeys[] = "aws_access_key_id = AKIAFILE\naws_secret_access_key = file-secret\n";

// With files, variables and whatever answers HTTP; nothing answers unless a test says so.
class AwsMachineTest : public ::testing::Test {
 protected:
  AwsMachineTest() {
    std::filesystem::create_directories(home / ".aws/sso/cache");
    clock.advance(std::chrono::hours(365 * 24));  // to 2026-01-01 00:00:00 UTC
    variables["AWS_EC2_METADATA_DISABLED"] = "true";
  }

  aws::Environment environment() {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            home.path()};
  }
  void config(const std::string& text) { home.write(".aws/config", text); }
  void credentials(const std::string& text) { home.write(".aws/credentials", text); }
  aws_credentials::CredentialChain chain() { return {client, environment(), options}; }
  std::string key() { return chain().find().access_key_id.reveal(); }

  // What finding them fails with: the message, and the context below it.
  std::string failure() {
    try {
      chain().find();
    } catch (const base::Error& error) {
      return error.message() + "\n" + error.context();
    }
    ADD_FAILURE() << "credentials were found";
    return "";
  }

  static http::TransportError refused() { return {http::TransportFailure::kConnect, "Nobody listens.", ""}; }

  const TempFolder home;
  std::map<std::string, std::string> variables;
  aws::ClientOptions options;
  std::function<FakeAnswer(const SentRequest&)> answer = [](const SentRequest&) -> FakeAnswer {
    throw refused();
  };
  FakeTransport transport{[this](const SentRequest& sent) { return answer(sent); }};
  FakeClock clock;
  base::Cancellation cancellation;
  http::Client client{transport, clock, cancellation};
};

}  // namespace ixian::testing
