// One fault, one copy between a fake registry and memory, and the verdict that holds for all of them: never
// success with wrong bytes, no name after a failure, no secret and no riddle in what the user reads.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <regex>
#include <string>

#include "testing/fake_registry_faults.h"
#include "testing/peak_memory.h"
#include "testing/plain_image.h"
#include "testing/registry_stack.h"

namespace ixian::testing {

inline constexpr const char* kRepository = "team/app";

// A registry on the internet.
inline FakeRegistryOptions at_public_name(FakeRegistryAuth::Kind kind) {
  FakeRegistryOptions options;
  options.public_name = "registry.example.com";
  options.auth.kind = kind;
  return options;
}

struct Outcome {
  std::optional<oci::CopyResult> result;
  std::optional<base::Error> error;
};

inline Outcome attempt(const std::function<oci::CopyResult()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const PeakMemory memory;
  Outcome outcome;
  try {
    outcome.result = work();
  } catch (const base::Error& error) {
    outcome.error = error;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60))
      << "it must end in bounded time";
  EXPECT_LT(memory.grown(), kMostMemory) << "it must not hold whatever somebody sends";
  return outcome;
}

// A registry with team/app:1 and an empty place to copy it to, or the reverse; where they are made, nothing
// has been asked yet.
class FaultFixture {
 public:
  explicit FaultFixture(const FakeRegistryOptions& options = {}, const RegistryStack::Options& client = {})
      : registry(options), stack({&registry}, client) {}

  void hold_image_in_registry() { put(registry, kRepository, "1", image); }
  void hold_image_in_memory() { put(memory, "1", image); }

  std::unique_ptr<oci::ImageRepo> repo(const std::string& repository = kRepository) {
    return stack.open(registry.host() + "/" + repository);
  }
  Outcome pull(const std::string& ref = "1", const oci::CopyOptions& options = {}) {
    const auto from = stack.open(registry.host() + "/" + kRepository, registry::Access::kPull);
    return attempt([&] { return stack.copy(*from, ref, memory, "copied", options); });
  }
  Outcome push(const std::string& tag = "1") {
    return attempt([&] { return stack.copy(memory, "1", *repo(), tag); });
  }

  // Whatever the destination of a pull holds is what it is called.
  void expect_no_wrong_bytes() {
    for (const std::string& bytes : image.blobs()) {
      const auto there = memory.blob(oci::Digest::of(bytes));
      EXPECT_TRUE(there == nullptr || *there == bytes) << "wrong bytes were kept";
    }
  }
  void expect_pulled(const Outcome& outcome) {
    EXPECT_FALSE(outcome.error) << outcome.error->message() << "\n" << outcome.error->context();
    EXPECT_TRUE(has(memory, "copied", image));
    expect_no_secret("");
  }
  void expect_not_pulled(const Outcome& outcome, const std::string& says = "") {
    EXPECT_EQ(memory.find("copied"), std::nullopt) << "a name was given after a failure";
    expect_no_wrong_bytes();
    expect_readable(outcome, says);
  }
  void expect_pushed(const Outcome& outcome, const std::string& tag = "1") {
    EXPECT_FALSE(outcome.error) << outcome.error->message() << "\n" << outcome.error->context();
    EXPECT_TRUE(has(registry, kRepository, tag, image));
    EXPECT_EQ(registry.store().open_uploads(), 0u) << "sessions are left behind";
    expect_no_secret("");
  }
  void expect_not_pushed(const Outcome& outcome, const std::string& says = "") {
    EXPECT_EQ(registry.store().tag(kRepository, "1"), std::nullopt) << "a name was given after a failure";
    expect_readable(outcome, says);
  }

  // The message names the registry and the image, and says what to do.
  void expect_readable(const Outcome& outcome, const std::string& says = "") {
    ASSERT_TRUE(outcome.error) << "it succeeded";
    const std::string& message = outcome.error->message();
    EXPECT_EQ(outcome.error->code(), base::ErrorCode::kRegistry);
    EXPECT_THAT(message, ::testing::HasSubstr(registry.host()));
    EXPECT_THAT(message, ::testing::HasSubstr(kRepository));
    EXPECT_THAT(message + outcome.error->hint(), ::testing::HasSubstr(says));
    EXPECT_LT(message.size(), 2000u);
    static const std::regex advice(
        "\\b(check|choose|fix|try|push|pull|ask|set|wait|look|see|use|run|add|log "
        "in|raise|remove|copy|give|trust|install|make|"
        "put|tell|must|faulty|wrongly)\\b|\\?",
        std::regex::icase);
    EXPECT_TRUE(std::regex_search(outcome.error->hint(), advice))
        << "no advice in: " << message << outcome.error->hint();
    for (const char c : message)
      EXPECT_TRUE(static_cast<unsigned char>(c) >= ' ') << "control characters in " << message;
    expect_no_secret(message + outcome.error->context());
  }

  void expect_no_secret(std::string text) {
    for (const std::string& line : stack.events.logs()) text += line;
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("canary")));
    EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr(registry.gate().basic())));
  }

  FakeClock& clock() { return stack.clock; }

  PlainImage image = plain_image();
  FakeRegistry registry;
  UncheckedRepo memory;
  RegistryStack stack;
};

// No secret of ours in any request that another server has seen.
inline void expect_no_credential(const std::vector<ServerRequest>& requests) {
  for (const ServerRequest& request : requests) {
    std::string everything = request.target + request.body;
    for (const auto& [name, value] : request.headers) everything += name + ": " + value + "\n";
    EXPECT_THAT(everything, ::testing::Not(::testing::HasSubstr("canary")));
    EXPECT_THAT(everything, ::testing::Not(::testing::HasSubstr("Authorization")));
  }
}

// A fault as a parameter of a test. It fails unless it `survives`.
struct Scenario {
  std::string name;
  std::string method;  // regular expressions
  std::string target;
  Fault fault = nullptr;
  Times times = kAlways;
  bool survives = false;
  std::string says = "";  // in the message of a failure
  int retries = 3;
  int stall_seconds = 20;  // what the client calls a stall
};

inline std::string scenario_name(const ::testing::TestParamInfo<Scenario>& info) {
  return info.param.name;
}
inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

class ScenarioTest : public ::testing::TestWithParam<Scenario> {
 protected:
  static RegistryStack::Options client() {
    RegistryStack::Options options;
    options.retries = GetParam().retries;
    options.stall_time = std::chrono::seconds(GetParam().stall_seconds);
    return options;
  }
  static void pull_through(const FakeRegistryOptions& options = {}) {
    const Scenario& scenario = GetParam();
    FaultFixture scene(options, client());
    scene.hold_image_in_registry();
    scene.registry.rule(scenario.method, scenario.target, scenario.fault, scenario.times);
    const Outcome outcome = scene.pull();
    if (scenario.survives) {
      scene.expect_pulled(outcome);
    } else {
      scene.expect_not_pulled(outcome, scenario.says);
    }
  }
  static void push_through(const FakeRegistryOptions& options = {}) {
    const Scenario& scenario = GetParam();
    FaultFixture scene(options, client());
    scene.hold_image_in_memory();
    scene.registry.rule(scenario.method, scenario.target, scenario.fault, scenario.times);
    const Outcome outcome = scene.push();
    if (scenario.survives) {
      scene.expect_pushed(outcome);
    } else {
      scene.expect_not_pushed(outcome, scenario.says);
    }
  }
};

}  // namespace ixian::testing
