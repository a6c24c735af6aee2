// A refusal of AWS in its two encodings (JSON, XML), and the sentence that says what to do: clock, expired,
// unknown key, bad signature, no permission, too often. Types decide, as far as they are there; texts only
// where a type has several causes.
#include "aws/service_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <pugixml.hpp>

#include "base/text.h"

namespace ixian::aws {
namespace {

constexpr std::size_t kLongestMessage = 4096;

bool is_one_of(const std::string& type, std::initializer_list<std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

// "com.amazonaws.ecr#ExpiredTokenException:http://…" → "ExpiredTokenException".
std::string short_type(std::string_view type) {
  type = type.substr(0, type.find(':'));
  if (const std::size_t hash = type.rfind('#'); hash != std::string_view::npos) type.remove_prefix(hash + 1);
  std::string name(base::trim(type));
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
  return plain && name.size() <= 200 ? name : "";
}

std::string text_of(const base::Json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const auto found = object.find(key);
    if (found != object.end() && found->is_string()) return found->get<std::string>();
  }
  return "";
}

std::string cut(std::string text) {
  if (text.size() > kLongestMessage) text = text.substr(0, kLongestMessage) + "…";
  return text;
}

bool about_the_clock(const ErrorResponse& refusal) {
  return is_one_of(refusal.type, {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}) ||
         refusal.message.find("Signature expired") != std::string::npos ||
         refusal.message.find("Signature not yet current") != std::string::npos;
}

bool about_the_signature(const ErrorResponse& refusal) {
  return is_one_of(refusal.type, {"InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature",
                                  "IncompleteSignatureException", "InvalidSignature"});
}

std::string sentence(const ErrorResponse& refusal, const CallInfo& asked) {
  const std::string& source = asked.source;
  if (about_the_clock(refusal)) {
    return fmt::format("AWS rejected {}: this machine's clock is wrong\nhint: set it, for example by NTP",
                       asked.permission);
  }
  if (refusal.expired()) {
    return source.empty()
               ? fmt::format("AWS rejected {}: the token has expired\nhint: get a new one", asked.permission)
               : fmt::format("AWS rejected {}: the credentials from {} have expired\nhint: renew them",
                             asked.permission, source);
  }
  if (refusal.unknown()) {
    return fmt::format(
        "AWS rejected the access key from {}: unknown\nhint: get a new key if it was deleted; it may also "
        "belong to another partition, or the region {} may not be enabled for its account",
        source, asked.region);
  }
  if (about_the_signature(refusal)) {
    return fmt::format(
        "AWS rejected the signature made with the credentials from {}: the secret access key does not belong "
        "to the access key\nhint: set both again",
        source);
  }
  if (refusal.denied()) {
    if (source.empty()) {
      return fmt::format(
          "permission denied: AWS rejected {}\nhint: correct the trust policy of the role, or the role's "
          "name",
          asked.permission);
    }
    return fmt::format(
        "permission denied: AWS rejected {} with the credentials from {}\nhint: grant that identity the IAM "
        "permission {}{}",
        asked.permission, source, asked.permission,
        asked.permission.starts_with("ecr-public:Get") ? " and sts:GetServiceBearerToken" : "");
  }
  if (refusal.throttled()) {
    return fmt::format("rate limit exceeded: {}\nhint: try again later", asked.permission);
  }
  return fmt::format("AWS answered {} with {}{}", asked.permission,
                     refusal.type.empty() ? "" : refusal.type + ", ",
                     fmt::format("status {}", refusal.status));
}

}  // namespace

// The names differ from service to service; these are botocore's lists.
bool ErrorResponse::expired() const {
  return is_one_of(type,
                   {"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "ExpiredCredentials"});
}

bool ErrorResponse::unknown() const {
  return is_one_of(type, {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
                          "MissingAuthenticationToken", "MissingAuthenticationTokenException"});
}

bool ErrorResponse::throttled() const {
  return is_one_of(type, {"ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled",
                          "RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
                          "SlowDown", "PriorRequestNotComplete", "IDPCommunicationError"});
}

bool ErrorResponse::denied() const {
  return is_one_of(type, {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized",
                          "UnauthorizedException", "ForbiddenException", "OptInRequired"}) ||
         (type.empty() && (status == 401 || status == 403));
}

ErrorResponse parse_json_refusal(int status, std::string_view header, std::string_view body) {
  ErrorResponse refusal{status, short_type(header), ""};
  try {
    const base::Json json = base::parse_json(body, 1 << 20, 32);
    if (!json.is_object()) return refusal;
    // Services differ in where they say it, and under which name.
    if (refusal.type.empty()) refusal.type = short_type(text_of(json, {"__type", "code", "Code", "error"}));
    refusal.message = cut(text_of(json, {"message", "Message", "errorMessage", "error_description"}));
  } catch (const std::exception&) {
    refusal.message = cut(std::string(base::trim(body)));
  }
  return refusal;
}

ErrorResponse parse_xml_refusal(int status, std::string_view body) {
  ErrorResponse refusal{status, "", ""};
  pugi::xml_document document;
  if (document.load_buffer(body.data(), body.size(), pugi::parse_default)) {
    const pugi::xml_node error = document.document_element().child("Error");
    refusal.type = short_type(error.child_value("Code"));
    refusal.message = cut(error.child_value("Message"));
  }
  if (refusal.type.empty() && refusal.message.empty()) refusal.message = cut(std::string(base::trim(body)));
  return refusal;
}

ServiceError explain(const ErrorResponse& refusal, const CallInfo& asked) {
  std::string context = refusal.type;
  if (!refusal.message.empty()) context += (context.empty() ? "" : ": ") + refusal.message;
  return ServiceError(refusal.type, refusal.status, sentence(refusal, asked),
                      base::without_secret(std::move(context), asked.session_token));
}

}  // namespace ixian::aws
