// Three shapes of one thing: what a program prints (credential_process, version 1), what metadata services
// answer, and SSO's portal. Names and units differ; the reasons for refusing one never quote it.
#include "aws_credentials/credential_answer.h"

#include <fmt/format.h>

#include <stdexcept>

#include "aws/timestamp.h"
#include "base/json.h"

namespace ixian::aws_credentials {
namespace {

base::Json parse_object(std::string_view json) {
  base::Json value;
  try {
    value = base::parse_json(json, 1 << 20, 32);
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument("an answer that is not JSON");  // the reason might quote the answer
  }
  if (!value.is_object()) throw std::invalid_argument("an answer that is not a JSON object");
  return value;
}

base::Secret required(const base::Json& object, const char* key) {
  base::Secret value(text_member(object, key));
  if (value.empty()) throw std::invalid_argument(fmt::format("an answer without {}", key));
  return value;
}

std::optional<aws::Time> expiration(const base::Json& object) {
  const auto found = object.find("Expiration");
  if (found == object.end() || found->is_null()) return std::nullopt;
  return aws::parse_time(*found);
}

}  // namespace

std::string text_member(const base::Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

aws::Credentials parse_process_answer(std::string_view json) {
  const base::Json object = parse_object(json);
  const auto version = object.find("Version");
  if (version == object.end() || *version != 1) {
    throw std::invalid_argument("an answer whose \"Version\" is not 1");
  }
  aws::Credentials credentials;
  credentials.access_key_id = required(object, "AccessKeyId");
  credentials.secret_access_key = required(object, "SecretAccessKey");
  credentials.session_token = base::Secret(text_member(object, "SessionToken"));
  credentials.expires = expiration(object);
  return credentials;
}

aws::Credentials parse_metadata_answer(std::string_view json) {
  const base::Json object = parse_object(json);
  const std::string code = text_member(object, "Code");
  // The metadata service says failures with status 200.
  if (!code.empty() && code != "Success") {
    throw std::invalid_argument(fmt::format("{}: {}", code, text_member(object, "Message")));
  }
  aws::Credentials credentials;
  credentials.access_key_id = required(object, "AccessKeyId");
  credentials.secret_access_key = required(object, "SecretAccessKey");
  credentials.session_token = required(object, "Token");
  credentials.expires = expiration(object);
  return credentials;
}

aws::Credentials parse_sso_answer(std::string_view json) {
  const base::Json object = parse_object(json);
  const auto found = object.find("roleCredentials");
  if (found == object.end() || !found->is_object()) {
    throw std::invalid_argument("an answer without roleCredentials");
  }
  aws::Credentials credentials;
  credentials.access_key_id = required(*found, "accessKeyId");
  credentials.secret_access_key = required(*found, "secretAccessKey");
  credentials.session_token = required(*found, "sessionToken");
  const auto expires = found->find("expiration");
  if (expires == found->end() || !expires->is_number()) {
    throw std::invalid_argument("an answer without expiration");
  }
  // The portal alone counts in milliseconds.
  credentials.expires = aws::parse_time(base::Json(expires->get<double>() / 1000));
  return credentials;
}

}  // namespace ixian::aws_credentials
