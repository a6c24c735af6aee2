// Docker's protocol for credential helpers: `docker-credential-X get`, the server on standard input, JSON on
// standard output. "There is none" is a failure with a sentence on standard output, to be told from other
// failures by its text, which some helpers end with a space.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "auth/docker_config.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "process/capture.h"

namespace ixian::auth {
namespace {

using base::Error;
using base::ErrorCode;

constexpr char kNotFound[] = "credentials not found in native keychain";

// It becomes part of a program's name that is looked up in PATH: a slash would make it any program.
bool is_plain_name(const std::string& helper) {
  return !helper.empty() && helper.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-") == std::string::npos;
}

bool says_not_found(std::string_view output) {
  return base::to_lower(base::trim(output)) == kNotFound;
}

// Something of what a failed helper said. Never of an answer: that may hold the secret.
std::string error_text(const process::CaptureResult& answer) {
  const std::string_view text =
      base::trim(answer.error).empty() ? base::trim(answer.output.reveal()) : base::trim(answer.error);
  if (text.find("\"Secret\"") != std::string_view::npos) return "";
  std::string line(text.substr(0, 500));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; },
      ' ');
  return line;
}

process::CaptureResult ask(const std::string& program, const std::string& server,
                           base::Cancellation& cancellation) {
  process::CaptureOptions question;
  question.argv = {program, "get"};
  question.input = base::Secret(server);
  try {
    return process::capture_output(question, cancellation);
  } catch (const process::LaunchError& error) {
    throw Error(ErrorCode::kRegistry,
                fmt::format("cannot start credential helper {1} of {0}\nhint: install it, or remove it from "
                            "the docker config and log in again",
                            server, program),
                error.message());
  } catch (const Error& error) {
    throw Error(ErrorCode::kRegistry,
                fmt::format("credential helper {} of {} did not answer\nhint: try `echo {} | {} get`",
                            program, server, server, program),
                error.message());
  }
}

}  // namespace

std::optional<Credential> parse_helper_answer(const std::string& output) {
  if (says_not_found(output)) return std::nullopt;
  base::Json answer;
  try {
    answer = base::parse_json(output, 1 << 20, 16);
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument("not JSON");
  }
  const auto text_at = [&](const char* name) {
    const auto found = answer.find(name);
    if (found == answer.end() || found->is_null()) return std::string();
    if (!found->is_string()) throw std::invalid_argument(std::string(name) + " is not a string");
    return found->get<std::string>();
  };
  if (!answer.is_object()) throw std::invalid_argument("not a JSON object");
  const std::string username = text_at("Username");
  base::Secret secret(text_at("Secret"));
  // Some helpers say so instead of failing.
  if (secret.empty()) return std::nullopt;
  Credential credential;
  credential.username = username;
  // The protocol's word for an identity token.
  if (username == "<token>")
    credential.identity_token = std::move(secret);
  else
    credential.password = std::move(secret);
  return credential;
}

std::optional<Credential> ask_helper(const std::string& helper, const std::string& server,
                                     base::Cancellation& cancellation) {
  if (!is_plain_name(helper))
    throw Error(ErrorCode::kRegistry,
                fmt::format("invalid credential helper for {} in the docker config (expected: the end of a "
                            "program's name, such as \"pass\" for docker-credential-pass)",
                            server));
  const std::string program = "docker-credential-" + helper;
  const process::CaptureResult answer = ask(program, server, cancellation);
  if (!answer.status.ok()) {
    if (says_not_found(answer.output.reveal()) || says_not_found(answer.error)) return std::nullopt;
    throw Error(ErrorCode::kRegistry,
                fmt::format("credential helper {} of {} failed: exit code: {}\nhint: try `echo {} | {} get`",
                            program, server, answer.status.code, server, program),
                error_text(answer));
  }
  try {
    auto credential = parse_helper_answer(answer.output.reveal());
    if (credential) credential->source = program;
    return credential;
  } catch (const std::invalid_argument& reason) {
    throw Error(ErrorCode::kRegistry, fmt::format("invalid answer from credential helper {} of {}: {}",
                                                  program, server, reason.what()));
  }
}

}  // namespace ixian::auth
