// Values of `ix build`'s options that have fields (--secret and the like), in Docker's syntax. Those of
// --output are in build_results.
#include "commands/build_option_values.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/output_path.h"

namespace ixian::commands {
namespace {

[[noreturn]] void refuse_value(const std::string& sentence) {
  throw base::Error(base::ErrorCode::kUsage, sentence);
}

}  // namespace

engine::SecretSource parse_secret(const std::string& text) {
  engine::SecretSource secret;
  std::string type;
  for (const auto& [key, value] : parse_fields("--secret", text)) {
    if (key == "id") {
      secret.id = value;
    } else if (key == "src" || key == "source") {
      secret.file = value;
    } else if (key == "env") {
      secret.environment = value;
    } else if (key == "type" && (value == "file" || value == "env")) {
      type = value;
    } else {
      refuse_value(
          fmt::format("unknown field {}={} for --secret (expected: id=NAME,src=FILE or id=NAME,env=VARIABLE)",
                      key, value));
    }
  }
  if (secret.id.empty())
    refuse_value("--secret needs an id (expected: id=NAME,src=FILE or id=NAME,env=VARIABLE)");
  if (!secret.file.empty() && !secret.environment.empty())
    refuse_value(fmt::format("src and env cannot be used together in --secret id={}", secret.id));
  // Docker's own rule: without a place, the variable of that name, else the file.
  if (secret.file.empty() && secret.environment.empty()) {
    if (type == "env" || (type.empty() && ::getenv(secret.id.c_str()) != nullptr)) {
      secret.environment = secret.id;
    } else {
      secret.file = secret.id;
    }
  } else if (type == "env" && secret.environment.empty()) {
    secret.environment = std::exchange(secret.file, "");
  }
  if (!secret.file.empty()) secret.file = files::absolute_path(secret.file, files::current_directory());
  return secret;
}

engine::SshSource parse_ssh(const std::string& text) {
  const std::size_t equals = text.find('=');
  engine::SshSource source{text.substr(0, equals), {}};
  if (source.id.empty()) source.id = "default";
  if (equals == std::string::npos || equals + 1 == text.size()) {
    const char* agent = ::getenv("SSH_AUTH_SOCK");
    if (agent == nullptr || *agent == '\0') {
      refuse_value(
          fmt::format("--ssh {0} needs an SSH agent: SSH_AUTH_SOCK is not set\nhint: start one with `eval "
                      "$(ssh-agent)`, or pass a key: --ssh {0}=KEYFILE",
                      source.id));
    }
    source.places = {agent};
    return source;
  }
  const auto places = base::split(std::string_view(text).substr(equals + 1), ',');
  for (const std::string_view place : places) {
    const std::string path = files::absolute_path(std::string(place), files::current_directory());
    struct stat info;
    if (place.empty() || ::stat(path.c_str(), &info) != 0)
      refuse_value(fmt::format("--ssh {}: {} not found (expected: the socket of an agent, or private keys)",
                               source.id, place.empty() ? "\"\"" : path));
    if (S_ISSOCK(info.st_mode) && places.size() > 1)
      refuse_value(fmt::format("--ssh {}: {} is a socket, which must be the only one", source.id, path));
    source.places.push_back(path);
  }
  return source;
}

BuildCall parse_build_call(const std::string& flag, const std::string& text) {
  using Method = BuildCall::Method;
  constexpr std::pair<std::string_view, Method> kMethods[] = {{"build", Method::kBuild},
                                                              {"check", Method::kCheck},
                                                              {"lint", Method::kCheck},
                                                              {"outline", Method::kOutline},
                                                              {"targets", Method::kTargets}};
  BuildCall call;
  bool named = false;
  for (const auto& [key, value] : parse_fields(flag, text)) {
    const auto method = std::find_if(std::begin(kMethods), std::end(kMethods),
                                     [name = key](const auto& each) { return each.first == name; });
    if (!named && value.empty() && method != std::end(kMethods)) {
      call.method = method->second;
      named = true;
    } else if (key == "format" && (value == "json" || value == "text")) {
      call.json = value == "json";
    } else if (key == "ignorestatus" && (value == "true" || value == "false" || value.empty())) {
      call.ignore_status = value != "false";
    } else {
      refuse_value(
          fmt::format("invalid value \"{}\" for {} (expected: check, outline, targets or build, then "
                      "perhaps format=json, ignorestatus=true)",
                      text, flag));
    }
  }
  return call;
}

}  // namespace ixian::commands
